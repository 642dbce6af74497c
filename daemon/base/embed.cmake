# Writes the file that defines NAMESPACE::embedded_files(), which HEADER declares; see crawlspool_embed() in the
# top CMakeLists.txt:
#   cmake -D OUT=FILE.cpp -D HEADER=daemon/…/x.h -D NAMESPACE=… -D "FILES=FILE;…" -P embed.cmake

set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  file(SHA256 ${file} digest)
  string(SUBSTRING ${digest} 0 16 digest)
  string(APPEND arrays "constexpr char kFile${number}[] = {${bytes}};\n")
  string(APPEND rows "    base::EmbeddedFile{\"${name}\", {kFile${number}, sizeof kFile${number}}, \"${digest}\"},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUT} "// Written by daemon/base/embed.cmake.
#include <array>

#include \"${HEADER}\"

namespace crawlspool::${NAMESPACE} {
namespace {

${arrays}
constexpr std::array kFiles{
${rows}};

}  // namespace

std::span<const base::EmbeddedFile> embedded_files() { return kFiles; }

}  // namespace crawlspool::${NAMESPACE}
")
