// What a server and one client say to each other about records, however that is put into bytes: hello and welcome, acks
// and rejects, goodbyes and errors, and the orderly end. Owns the record writer and the state of the
// talk; what takes records in and how they are delimited is the input's, which owns this. Source: PROTOCOL.md.
//
//   hello ──► [awaiting the session] ──► records ──► ending ──► finished (Connection takes over)
//                                                 what was taken in is synced, then the last ack and words go out
//
// A silent dialog says nothing to a peer of which something was taken in: whoever never reads would lose what is still
// on its way.
//
// Three sources: hello.cpp says hello, acks.cpp answers, ending.cpp ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/auth/authenticator.h"
#include "daemon/connection/connection.h"
#include "daemon/dialog/heartbeat.h"
#include "daemon/intake/record_writer.h"
#include "proto/hello.h"
#include "proto/messages.h"
#include "proto/names.h"

namespace crawlspool::dialog {

// What the dialog needs of the input that owns it.
class Input {
 public:
  // Drops what was received and is not taken in.
  virtual void drop_input() = 0;
  // The same, but for a batch of which some was taken in. True if there is one.
  virtual bool drop_unbegun_input() = 0;

 protected:
  ~Input() = default;
};

class Dialog {
 public:
  static constexpr std::int64_t kNever = connection::Protocol::kNever;

  // Both outlive it. `framing`: how messages are put into bytes.
  Dialog(connection::Connection& connection, Input& input, proto::Framing framing)
      : connection_(connection), input_(input), framing_(framing), writer_(connection.make_writer()) {}

  [[nodiscard]] const intake::RecordWriter& writer() const { return writer_; }
  [[nodiscard]] bool is_ending() const { return ending_.has_value(); }
  [[nodiscard]] bool is_draining() const { return is_draining_; }
  enum class Silence {
    kNone,
    kOnceTaken,  // an error is sent before anything was taken in: to a peer that is refused or speaks another protocol,
                 // and has nothing to lose
    kWhole,      // nothing is ever written
  };
  void silence(Silence silence) { silence_ = silence; }
  [[nodiscard]] bool is_silent() const { return silence_ != Silence::kNone; }

  // --- hello ---
  // What its records come in, unless a hello says another charset.
  void decode_from(const proto::Decoding& decoding) { writer_.decode_from(decoding); }
  // Identifies the client, by the names that it had where it says none, and requests the lease on its session; says
  // welcome once that is granted.
  void take_hello(proto::Hello hello);
  // Decides whether a peer that says no hello may send, before its first record; if not, the dialog ends.
  [[nodiscard]] bool admit_silent();
  // Identifies a client that says no hello.
  void identify(std::string client, std::string stream);
  bool on_session(const session::LeaseRequest& answered);
  void on_session_lost();

  // --- records and answers ---
  // Takes the next record in; its verdict is said. proto::FrameDecoder::kPaddingBytes are readable behind it.
  void take_record(std::string_view record, const commit::ReadTime& when);
  // False: numbers end before so many records, of which none is taken in, and the dialog ends.
  [[nodiscard]] bool has_numbers_for(std::uint64_t records) {
    return writer_.taken() <= proto::kSeqMax - records || end_of_numbers();
  }
  void on_synced(std::uint64_t seq);
  void on_written(std::uint64_t seq);
  void on_output_sent();
  void on_input() { heartbeat_.on_input(); }
  void say_pong(std::string_view ping_payload);

  // --- the end ---
  void refuse(const connection::LimitMet& limit);
  void end_with_error(const proto::ErrorMessage& message);
  void end_with_goodbye(const proto::GoodbyeMessage& message);
  void end_by_drain();
  // The connection is old; `has_begun`: something has come and is not taken in. Ends at once, or, the first time, where
  // nothing has begun.
  void on_old(bool has_begun);
  [[nodiscard]] bool is_old() const { return is_old_; }
  void on_drain();
  void on_drain_end();
  void on_spool_failed();
  void drop_unread_answers();  // once the drain ends: no answer waits for the peer any more

  // --- deadlines ---
  // When the peer has been idle for too long, or is to be asked whether it is still there.
  [[nodiscard]] std::int64_t deadline_ms() const;
  void on_deadline();

 private:
  // How it ends: what to say last, and the word for the log.
  struct Ending {
    std::string last_words;
    std::string_view reason;
  };

  void identify(auth::Sender sender, std::string stream, std::string_view session);
  void welcome(const session::LeaseReply& reply, std::uint64_t last_seq);
  [[nodiscard]] bool enter_client();
  void append_ack_if_due();
  void end(Ending ending);
  [[nodiscard]] bool end_of_numbers();
  void say_last_words();
  [[nodiscard]] bool may_speak() const {
    return !is_silent() || (silence_ == Silence::kOnceTaken && writer_.taken() == 0);
  }
  [[nodiscard]] std::string& output() { return connection_.link().output(); }

  connection::Connection& connection_;
  Input& input_;
  const proto::Framing framing_;
  Heartbeat heartbeat_;
  Silence silence_ = Silence::kNone;
  bool is_draining_ = false;
  bool is_cut_ = false;
  bool is_old_ = false;
  intake::RecordWriter writer_;
  std::uint64_t from_ = 1;  // the lowest number that the client may still send
  proto::AckLevel ack_ = proto::AckLevel::kSynced;
  std::uint64_t acked_seq_ = 0;
  std::optional<Ending> ending_;
};

}  // namespace crawlspool::dialog
