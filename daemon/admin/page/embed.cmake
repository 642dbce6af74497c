# Writes page_files() of page_files.h: cmake -D OUT=FILE.cpp -D "FILES=FILE;…" -P embed.cmake
# index.html is `/`, the others are /page/NAME.

set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  get_filename_component(suffix ${file} LAST_EXT)
  set(path /page/${name})
  if(suffix STREQUAL .html)
    set(type text/html)
    set(path /)
  elseif(suffix STREQUAL .css)
    set(type text/css)
  elseif(suffix STREQUAL .js)
    set(type text/javascript)
  else()
    message(FATAL_ERROR "${file}: of which type?")
  endif()
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  file(SHA256 ${file} digest)
  string(SUBSTRING ${digest} 0 16 tag)
  string(APPEND arrays "constexpr char kFile${number}[] = {${bytes}};\n")
  string(APPEND rows
         "    PageFile{\"${path}\", \"${type}; charset=utf-8\", {kFile${number}, sizeof kFile${number}}, \"\\\"${tag}\\\"\"},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUT} "// Written by page/embed.cmake.
#include <array>

#include \"daemon/admin/page_files.h\"

namespace crawlspool::admin {
namespace {

${arrays}
constexpr std::array kFiles{
${rows}};

}  // namespace

std::span<const PageFile> page_files() { return kFiles; }

}  // namespace crawlspool::admin
")
