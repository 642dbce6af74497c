// What a program does where the system gives it no more memory (RLIMIT_AS, RLIMIT_DATA, strict overcommit): it cannot
// go on, since any line of code may need some, so it says why and ends. What the daemon acked is in the spool; the rest
// is the clients' to send again.
#pragma once

namespace crawlspool::base {

struct LastWords {
  const char* program = "crawlspool";
  const char* advice = "raise it";  // what to do about a limit; outlives the program
  int exit_code = 1;
};

// Call it first of all in main(): from here on an allocation by `new` that fails ends the process. Keeps a reserve, to
// be able to say it.
void end_when_out_of_memory(const LastWords& last_words);

// For libraries that report a failed allocation in their own way. A log line or, without a log, one on standard error
// names the limit and what to do.
[[noreturn]] void out_of_memory() noexcept;

}  // namespace crawlspool::base
