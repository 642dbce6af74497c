// Files and directories of the forgetful disk, as the spool uses them.
#pragma once

#include <memory>
#include <string>

#include "tests/support/forgetful_state.h"

namespace crawlspool::test {

[[nodiscard]] std::unique_ptr<spool::Directory> open_forgetful_directory(std::shared_ptr<ForgetfulDisk::State> state,
                                                                         NodePtr node, std::string prefix);

}  // namespace crawlspool::test
