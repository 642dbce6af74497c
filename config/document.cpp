#include "config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <sstream>

#include "config/keys.h"
#include "config/nearest.h"
#include "daemon/base/text.h"

namespace crawlspool::config {
namespace {

int line_of(const YAML::Mark& mark) { return mark.is_null() ? kNoLine : mark.line + 1; }

// yaml-cpp takes byte 4 for the end of the text and lets NUL and stray bytes pass: look first.
std::optional<Mistake> find_bad_byte(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const std::size_t bytes = base::utf8_character_bytes(text);
    const char c = text.front();
    if (bytes == 0) return Mistake{line, "", "is not UTF-8"};
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7F)
      return Mistake{line, "", "has a control character"};
    if (c == '\n') ++line;
    text.remove_prefix(bytes);
  }
  return {};
}

// Sees where documents begin, and nothing of what is in them.
class DocumentStarts final : public YAML::EventHandler {
 public:
  std::vector<int> lines;

  void OnDocumentStart(const YAML::Mark& mark) override { lines.push_back(line_of(mark)); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// YAML::Load drops what follows the first document without a word, and YAML::LoadAll never ends where that begins
// with a comma (yaml-cpp 0.7): look for a second document, and no further.
std::optional<Mistake> find_second_document(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  DocumentStarts starts;
  if (!parser.HandleNextDocument(starts) || !parser.HandleNextDocument(starts)) return {};
  return Mistake{starts.lines.back(), "", "more than one YAML document, or text after its end"};
}

Value to_value(const YAML::Node& node);

// Only maps of lists are used as values; one level of them, whatever a file's aliases say.
Value to_map(const YAML::Node& node) {
  Value map{Value::Shape::kMap, {}, {}};
  for (const auto& entry : node) {
    if (!entry.first.IsScalar() || !entry.second.IsSequence()) return {Value::Shape::kOther, {}, {}};
    Value list = to_value(entry.second);
    if (list.shape != Value::Shape::kList) return {Value::Shape::kOther, {}, {}};
    map.entries.emplace_back(entry.first.Scalar(), std::move(list.items));
  }
  return map;
}

Value to_value(const YAML::Node& node) {
  if (node.IsNull()) return {};
  if (node.IsScalar()) return {Value::Shape::kText, node.Scalar(), {}};
  if (node.IsMap()) return to_map(node);
  if (!node.IsSequence()) return {Value::Shape::kOther, {}, {}};
  Value list{Value::Shape::kList, {}, {}};
  for (const YAML::Node& item : node) {
    if (!item.IsScalar()) return {Value::Shape::kOther, {}, {}};
    list.items.push_back(item.Scalar());
  }
  return list;
}

// Walks a document and fills `out`. Goes down into known sections only, so that an alias to what holds it is
// followed once at most.
class Walker {
 public:
  explicit Walker(Document& out) : out_(out) {}

  // The value of the dotted `name`.
  void visit(const std::string& name, const YAML::Node& node, int line) {
    if (is_section(name)) {
      if (node.IsMap()) return visit_map(name, node);
      if (!node.IsNull()) mistake(line, name, "is a section: its keys go below it, indented");
    } else if (find_key(name) != nullptr) {
      out_.settings.push_back({name, to_value(node), line});
    } else {
      unknown(name, node, line);
    }
  }

  // The entries of section `name`, or of the top level if it is empty.
  void visit_map(const std::string& name, const YAML::Node& map) {
    std::map<std::string, int> seen;
    for (const auto& entry : map) {
      const int line = line_of(entry.first.Mark());
      if (!entry.first.IsScalar()) {
        mistake(line, name, "has a key that is no word");
        continue;
      }
      const std::string& word = entry.first.Scalar();
      const std::string path = name.empty() ? word : name + "." + word;
      const auto [first, is_new] = seen.emplace(word, line);
      if (!is_new)
        mistake(line, path, "is given twice (first on line " + std::to_string(first->second) + ")");
      else if (word.find('.') != std::string::npos)
        mistake(line, path, "is unknown: dotted keys are for --set; in a file a key goes below its section, indented");
      else
        visit(path, entry.second, line);
    }
  }

 private:
  void mistake(int line, const std::string& key, std::string what) {
    out_.mistakes.push_back({line, key, std::move(what)});
  }

  void unknown(const std::string& name, const YAML::Node& node, int line) {
    const bool like_section = name.find('.') == std::string::npos && (node.IsMap() || node.IsNull());
    const std::string_view meant = nearest(name, like_section ? section_names() : key_names());
    mistake(line, name, "unknown key (did you mean " + std::string(meant) + "?)");
  }

  Document& out_;
};

// Parses `yaml` and hands its one document to `walk`.
template <class Out = Document, class Walk>
Out parse(std::string_view yaml, Walk walk) {
  Out out;
  if (auto bad = find_bad_byte(yaml)) {
    out.mistakes.push_back(*std::move(bad));
    return out;
  }
  try {
    const std::string text(yaml);
    if (auto second = find_second_document(text))
      out.mistakes.push_back(*std::move(second));
    else
      walk(YAML::Load(text), out);
  } catch (const YAML::Exception& error) {
    out.mistakes.push_back({line_of(error.mark), "", "not valid YAML: " + error.msg});
  } catch (const std::exception& error) {
    out.mistakes.push_back({kNoLine, "", std::string("not valid YAML: ") + error.what()});
  }
  return out;
}

Entry read_entry(const YAML::Node& map, std::vector<Mistake>& mistakes) {
  Entry entry{{}, line_of(map.Mark())};
  for (const auto& pair : map) {
    const int line = line_of(pair.first.Mark());
    if (!pair.first.IsScalar()) {
      mistakes.push_back({line, "", "has a key that is no word"});
      continue;
    }
    const std::string& key = pair.first.Scalar();
    const bool is_new = std::none_of(entry.settings.begin(), entry.settings.end(),
                                     [&key](const Setting& setting) { return setting.key == key; });
    if (is_new)
      entry.settings.push_back({key, to_value(pair.second), line});
    else
      mistakes.push_back({line, key, "is given twice in one entry"});
  }
  return entry;
}

}  // namespace

Document read_document(std::string_view yaml) {
  return parse(yaml, [](const YAML::Node& top, Document& out) {
    if (top.IsMap())
      Walker(out).visit_map("", top);
    else if (!top.IsNull())
      out.mistakes.push_back({line_of(top.Mark()), "", "must hold keys and values, such as io_threads: auto"});
  });
}

Document read_override(std::string_view key, std::string_view yaml) {
  return parse(yaml,
               [key](const YAML::Node& top, Document& out) { Walker(out).visit(std::string(key), top, kNoLine); });
}

EntryList read_entries(std::string_view yaml) {
  return parse<EntryList>(yaml, [](const YAML::Node& top, EntryList& out) {
    if (top.IsNull()) return;
    if (!top.IsSequence()) {
      out.mistakes.push_back({line_of(top.Mark()), "", "must be a list: each entry begins with a dash"});
      return;
    }
    for (const YAML::Node& item : top) {
      if (item.IsMap())
        out.entries.push_back(read_entry(item, out.mistakes));
      else
        out.mistakes.push_back({line_of(item.Mark()), "", "must be a map of keys and values"});
    }
  });
}

}  // namespace crawlspool::config
