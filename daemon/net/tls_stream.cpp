#include "daemon/net/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "daemon/base/out_of_memory.h"
#include "daemon/net/certificate_name.h"

namespace crawlspool::net {
namespace {

constexpr int kStepsMax = 64;             // of OpenSSL within one read
constexpr int kStepsWithoutDataMax = 64;  // in a row, once the handshake is done: no peer needs so many

int clamped(std::size_t bytes) {
  return static_cast<int>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max()));
}

// ---- the BIO ----

TlsStream& stream_of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

int bio_read(BIO* bio, char* into, int bytes) {
  BIO_clear_retry_flags(bio);
  const int n = stream_of(bio).read_socket(into, bytes);
  if (n < 0) BIO_set_retry_read(bio);
  return n;
}

int bio_write(BIO* bio, const char* from, int bytes) {
  BIO_clear_retry_flags(bio);
  const int n = stream_of(bio).write_socket(from, bytes);
  if (n < 0) BIO_set_retry_write(bio);
  return n;
}

long bio_control(BIO* /*bio*/, int command, long /*number*/, void* /*data*/) {
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_PUSH || command == BIO_CTRL_POP ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket of a loop");
  if (method == nullptr) base::out_of_memory();
  BIO_meth_set_read(method, bio_read);
  BIO_meth_set_write(method, bio_write);
  BIO_meth_set_ctrl(method, bio_control);
  return method;
}

BIO* new_bio(TlsStream& stream) {
  static BIO_METHOD* const method = make_method();
  BIO* const bio = BIO_new(method);
  if (bio == nullptr) base::out_of_memory();
  BIO_set_data(bio, &stream);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

void TlsStream::Free::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsStream::TlsStream(base::UniqueFd fd, const TlsContext& context)
    : socket_(std::move(fd)),
      handshake_ms_max_(context.handshake_ms_max()),
      identity_(context.identity()),
      ssl_(context.new_connection()) {
  BIO* const bio = new_bio(*this);
  SSL_set_bio(ssl_.get(), bio, bio);  // takes it over
  SSL_set_accept_state(ssl_.get());
}

// -1: nothing for now; 0: the end.
int TlsStream::read_socket(char* into, int bytes) {
  const ReadResult result = socket_.read({into, static_cast<std::size_t>(bytes)});
  socket_is_empty_ = result.end == ReadResult::End::kAgain;
  if (socket_is_empty_) return -1;
  socket_has_ended_ = result.end != ReadResult::End::kNone;
  return clamped(result.bytes);
}

// -1: no room for now; 0: it is broken.
int TlsStream::write_socket(const char* from, int bytes) {
  const WriteResult result = socket_.write({from, static_cast<std::size_t>(bytes)});
  if (result.is_broken) return 0;
  return result.bytes == 0 ? -1 : clamped(result.bytes);
}

// ---- what OpenSSL says ----

TlsStream::Awaits TlsStream::fail(std::string why) {
  failure_ = std::move(why);
  ERR_clear_error();
  return Awaits::kBroken;
}

std::string TlsStream::words_of_failure() const {
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  if (reason == SSL_R_HTTP_REQUEST) return "plain HTTP on a TLS port: the client's URL must begin with https://";
  const bool is_handshake = SSL_in_init(ssl_.get()) != 0;
  if (is_handshake && (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG))
    return "these are no bytes of TLS: the client must use tls://";
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) return std::string("client certificate: ") + X509_verify_cert_error_string(verified);
  return std::string(is_handshake ? "handshake: " : "") + take_tls_error();
}

TlsStream::Awaits TlsStream::awaits_after(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return Awaits::kNothing;
    case SSL_ERROR_WANT_READ:
      return socket_has_ended_ ? Awaits::kBroken : Awaits::kInput;
    case SSL_ERROR_WANT_WRITE:
      return Awaits::kRoom;
    case SSL_ERROR_ZERO_RETURN:
      return Awaits::kEof;
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      return Awaits::kBroken;
    default:
      break;
  }
  // An end without TLS's own is a reset: somebody in between could have made it. Before anything else it is none's
  // fault.
  if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    return Awaits::kBroken;
  }
  return fail(words_of_failure());
}

// ---- bytes ----

ReadResult TlsStream::read(std::span<char> into) {
  const ReadResult result = read_data(into);
  write_awaits_input_ = write_awaits_input_ && SSL_in_init(ssl_.get()) != 0;
  return result;
}

ReadResult TlsStream::read_data(std::span<char> into) {
  using End = ReadResult::End;
  ERR_clear_error();
  has_buffered_input_ = read_awaits_room_ = false;
  std::size_t got = 0;
  for (int step = 0; step < kStepsMax && got < into.size(); ++step) {
    socket_is_empty_ = false;
    const int n = SSL_read(ssl_.get(), into.data() + got, clamped(into.size() - got));
    if (n > 0) {
      got += static_cast<std::size_t>(n);
      steps_without_data_ = 0;
      continue;
    }
    const Awaits awaits = awaits_after(n);
    if (awaits == Awaits::kInput && !socket_is_empty_) {  // what came was no data
      const bool counts = SSL_in_init(ssl_.get()) == 0;
      if (!counts || ++steps_without_data_ <= kStepsWithoutDataMax) continue;
      static_cast<void>(fail("it sends TLS messages, and no data"));
      return {got, got > 0 ? End::kNone : End::kBroken};
    }
    read_awaits_room_ = awaits == Awaits::kRoom;
    has_buffered_input_ =
        awaits == Awaits::kEof || awaits == Awaits::kBroken;  // the end, which the socket may not show
    if (got > 0) return {got, End::kNone};
    if (awaits == Awaits::kEof) return {0, End::kEof};
    return {0, awaits == Awaits::kBroken ? End::kBroken : End::kAgain};
  }
  has_buffered_input_ = true;
  return got > 0 ? ReadResult{got, End::kNone} : ReadResult{0, End::kAgain};
}

WriteResult TlsStream::write(std::string_view bytes) {
  ERR_clear_error();
  write_awaits_input_ = false;
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const int n = SSL_write(ssl_.get(), bytes.data() + taken, clamped(bytes.size() - taken));
    if (n > 0) {
      taken += static_cast<std::size_t>(n);
      continue;
    }
    const Awaits awaits = awaits_after(n);
    if (awaits == Awaits::kBroken || awaits == Awaits::kEof) return {taken, true};
    write_awaits_input_ = awaits == Awaits::kInput;
    break;
  }
  return {taken, false};
}

Interest TlsStream::interest(Interest wanted) const {
  Interest interest = wanted;
  if (wanted.writable && write_awaits_input_) {
    interest.readable = true;
    interest.writable = false;
  }
  if (wanted.readable && read_awaits_room_) interest.writable = true;
  return interest;
}

Ready TlsStream::meant(Ready ready) const {
  Ready meant = ready;
  if (write_awaits_input_ && ready.readable) meant.writable = true;
  if (read_awaits_room_ && ready.writable) meant.readable = true;
  return meant;
}

void TlsStream::shut_sending_side() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  socket_.shut_sending_side();
}

std::string TlsStream::peer_name() const {
  const X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate == nullptr ? std::string() : certificate_name(*certificate, identity_);
}

std::int64_t TlsStream::handshake_ms_max() const {
  return SSL_is_init_finished(ssl_.get()) == 1 ? 0 : handshake_ms_max_;
}

}  // namespace crawlspool::net
