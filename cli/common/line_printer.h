// Prints lines of the spool as `cat` and `tail` do: whole or only their records; damaged ones are told instead.
#pragma once

#include "cli/common/damage.h"
#include "cli/common/output.h"
#include "daemon/spool/read/segment_reader.h"

namespace crawlspool::cli {

class LinePrinter {
 public:
  // Both references outlive the printer.
  LinePrinter(Output& output, DamageLog& damage, bool records_only)
      : output_(output), damage_(damage), records_only_(records_only) {}

  [[nodiscard]] base::Result<void> print(const spool::ReadLine& line);

 private:
  Output& output_;
  DamageLog& damage_;
  bool records_only_;
};

}  // namespace crawlspool::cli
