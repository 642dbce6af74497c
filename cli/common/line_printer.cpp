#include "cli/common/line_printer.h"

namespace crawlspool::cli {

base::Result<void> LinePrinter::print(const spool::ReadLine& line) {
  switch (line.kind) {
    case spool::LineKind::kDamaged:
      damage_.damaged(line.position, line.bytes.size());
      return {};
    case spool::LineKind::kUnfinished:
      return {};
    case spool::LineKind::kBlank:
      return records_only_ ? base::Result<void>{} : output_.write(line.bytes);
    case spool::LineKind::kSound:
      break;
  }
  if (!records_only_) return output_.write(line.bytes);
  if (auto written = output_.write(line.record); !written) return written;
  return output_.write("\n");
}

}  // namespace crawlspool::cli
