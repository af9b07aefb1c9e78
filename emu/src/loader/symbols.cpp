#include "lpaemu/emu/loader/symbols.h"

#include <elfutils/libdw.h>
#include <fmt/format.h>
#include <gelf.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <tuple>

#include "call_frame.h"
#include "elf_file.h"

namespace lpaemu::emu {
namespace {

struct DwarfCloser {
  void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};

/// A symbol that names bytes: [start, end) in the file's own addresses.
struct Row {
  std::uint64_t start = 0;
  std::uint64_t end = 0;  // 0 until known, for a symbol without a size
  std::uint64_t section_end = 0;
  std::uint64_t covered_to = 0;  // the largest end of this row and all before it
  std::string_view name;
  bool is_function = false;
  bool is_thumb = false;  // bit 0 of a function's address
};

/// From here on: $a or $t.
struct Mapping {
  std::uint64_t start = 0;
  bool is_thumb = false;
};

/// $a, $t, $d: which instruction set follows, or data; not names of anything. [aaelf32 5.5.5]
bool is_mapping_symbol(std::string_view name) {
  return name.size() >= 2 && name[0] == '$' && std::strchr("atd", name[1]) != nullptr &&
         (name.size() == 2 || name[2] == '.');
}

/// Of several names of one address the one a person would use: puts, not _IO_puts.
auto preference(std::string_view name) {
  const std::size_t underscores = std::min(name.find_first_not_of('_'), name.size());
  return std::tuple{underscores, name.size(), name};
}

bool sorts_before(const Row& a, const Row& b) {
  if (a.start != b.start) return a.start < b.start;
  if ((a.end != 0) != (b.end != 0)) return a.end != 0;
  return preference(a.name) < preference(b.name);
}

/// The section that holds the symbols: .symtab, else .dynsym.
Elf_Scn* symbol_section(Elf* elf) {
  Elf_Scn* dynamic = nullptr;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr; section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if (header.sh_type == SHT_SYMTAB) return section;
    if (header.sh_type == SHT_DYNSYM) dynamic = section;
  }
  return dynamic;
}

std::optional<Row> row_of(Elf* elf, const GElf_Sym& symbol, std::size_t strings) {
  const unsigned type = GELF_ST_TYPE(symbol.st_info);
  if (type != STT_NOTYPE && type != STT_OBJECT && type != STT_FUNC && type != STT_GNU_IFUNC) return std::nullopt;
  if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= SHN_LORESERVE) return std::nullopt;
  const char* const name = elf_strptr(elf, strings, symbol.st_name);
  if (name == nullptr || *name == '\0' || is_mapping_symbol(name)) return std::nullopt;
  GElf_Shdr section;
  if (gelf_getshdr(elf_getscn(elf, symbol.st_shndx), &section) == nullptr) return std::nullopt;

  Row row;
  row.is_function = type == STT_FUNC || type == STT_GNU_IFUNC;
  row.is_thumb = row.is_function && (symbol.st_value & 1) != 0;
  row.start = row.is_function ? symbol.st_value & ~GElf_Addr{1} : symbol.st_value;
  row.end = symbol.st_size == 0 ? 0 : row.start + symbol.st_size;
  row.section_end = section.sh_addr + section.sh_size;
  row.name = name;
  return row;
}

/// Calls `visit(GElf_Sym, strings)` for each symbol.
template <class Visit>
void for_each_symbol(Elf* elf, Visit visit) {
  Elf_Scn* const section = symbol_section(elf);
  GElf_Shdr header;
  if (section == nullptr || gelf_getshdr(section, &header) == nullptr) return;
  Elf_Data* const data = elf_getdata(section, nullptr);
  if (data == nullptr) return;
  const auto count =
      static_cast<int>(std::min<std::size_t>(data->d_size / sizeof(Elf32_Sym), std::numeric_limits<int>::max()));
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == nullptr) break;
    visit(symbol, header.sh_link);
  }
}

std::vector<Mapping> read_mappings(Elf* elf) {
  std::vector<Mapping> mappings;
  for_each_symbol(elf, [&](const GElf_Sym& symbol, std::size_t strings) {
    const char* const name = elf_strptr(elf, strings, symbol.st_name);
    if (name == nullptr || !is_mapping_symbol(name) || name[1] == 'd') return;
    mappings.push_back({symbol.st_value, name[1] == 't'});
  });
  std::ranges::sort(mappings, {}, &Mapping::start);
  return mappings;
}

bool is_end_of_path(std::string_view name, std::string_view path) {
  return path.ends_with(name) && (path.size() == name.size() || path[path.size() - name.size() - 1] == '/');
}

std::vector<Row> read_rows(Elf* elf) {
  std::vector<Row> rows;
  for_each_symbol(elf, [&](const GElf_Sym& symbol, std::size_t strings) {
    if (const auto row = row_of(elf, symbol, strings)) rows.push_back(*row);
  });
  std::sort(rows.begin(), rows.end(), sorts_before);

  // A symbol without a size (assembly) ends where the next one begins, at the latest with its section.
  std::uint64_t next_start = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = rows.size(); i-- > 0;) {
    if (i + 1 < rows.size() && rows[i + 1].start != rows[i].start) next_start = rows[i + 1].start;
    if (rows[i].end == 0) rows[i].end = std::min(rows[i].section_end, next_start);
  }
  std::uint64_t covered_to = 0;
  for (Row& row : rows) row.covered_to = covered_to = std::max(covered_to, row.end);
  return rows;
}

}  // namespace

/// The bytes, and what was read from them.
class Symbols::File {
 public:
  explicit File(std::vector<std::byte> bytes) : bytes_{std::move(bytes)}, elf_{open_elf(bytes_)} {
    if (elf_ && elf_kind(elf_.get()) != ELF_K_ELF) elf_.reset();
    if (!elf_) return;
    rows_ = read_rows(elf_.get());
    mappings_ = read_mappings(elf_.get());
  }

  [[nodiscard]] const Row* find(std::uint64_t address) const {
    auto above = std::upper_bound(rows_.begin(), rows_.end(), address,
                                  [](std::uint64_t value, const Row& row) { return value < row.start; });
    const Row* best = nullptr;
    while (above != rows_.begin()) {
      const Row& row = *--above;
      if (row.covered_to <= address) break;
      if (best != nullptr && row.start != best->start) break;
      if (address < row.end) best = &row;  // going down: of one start address the first row wins
    }
    return best;
  }

  [[nodiscard]] const Row* find(std::string_view name) const {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.name == name; });
    return found == rows_.end() ? nullptr : &*found;
  }

  [[nodiscard]] std::vector<std::string> names_beginning(std::string_view prefix) const {
    std::vector<std::string> names;
    for (const Row& row : rows_)
      if (row.name.starts_with(prefix)) names.emplace_back(row.name);
    return names;
  }

  [[nodiscard]] std::optional<bool> is_thumb(std::uint64_t address) const {
    const auto above = std::ranges::upper_bound(mappings_, address, {}, &Mapping::start);
    if (above != mappings_.begin()) return std::prev(above)->is_thumb;
    const Row* const row = find(address);
    return row != nullptr && row->is_function ? std::optional{row->is_thumb} : std::nullopt;
  }

  [[nodiscard]] std::optional<SourceLine> line(std::uint64_t address) {
    if (!open_dwarf()) return std::nullopt;
    Dwarf_Die unit;
    if (dwarf_addrdie(dwarf_.get(), address, &unit) != nullptr) return line_in(unit, address);
    // No address table names the unit (clang makes none): ask every unit.
    return in_units([address](Dwarf_Die& each) -> std::optional<SourceLine> {
      return dwarf_haspc(&each, address) == 1 ? line_in(each, address) : std::nullopt;
    });
  }

  [[nodiscard]] std::optional<std::string> source_file(std::string_view name) {
    for (std::string& path : source_files())
      if (is_end_of_path(name, path)) return std::move(path);
    return std::nullopt;
  }

  [[nodiscard]] std::vector<std::string> source_files() {
    std::vector<std::string> paths;
    if (!open_dwarf()) return paths;
    static_cast<void>(in_units([&paths](Dwarf_Die& unit) -> std::optional<bool> {
      Dwarf_Files* files = nullptr;
      std::size_t count = 0;
      if (dwarf_getsrcfiles(&unit, &files, &count) != 0) return std::nullopt;
      for (std::size_t i = 0; i < count; ++i)
        if (const char* const path = dwarf_filesrc(files, i, nullptr, nullptr)) paths.emplace_back(path);
      return std::nullopt;
    }));
    return paths;
  }

  /// Null: there is no debug information.
  [[nodiscard]] Dwarf* dwarf() { return open_dwarf() ? dwarf_.get() : nullptr; }

  [[nodiscard]] std::optional<std::uint64_t> code_of(const SourceLine& place) {
    if (!open_dwarf()) return std::nullopt;
    std::optional<std::pair<unsigned, std::uint64_t>> best;  // the nearest line, its lowest address
    static_cast<void>(in_units([&](Dwarf_Die& unit) -> std::optional<bool> {
      Dwarf_Lines* lines = nullptr;
      std::size_t count = 0;
      if (dwarf_getsrclines(&unit, &lines, &count) != 0) return std::nullopt;
      for (std::size_t i = 0; i < count; ++i)
        if (const auto row = statement(dwarf_onesrcline(lines, i), place); row && (!best || *row < *best)) best = row;
      return std::nullopt;
    }));
    return best ? std::optional{best->second} : std::nullopt;
  }

 private:
  /// At its first use.
  [[nodiscard]] bool open_dwarf() {
    if (!dwarf_opened_ && elf_) dwarf_.reset(dwarf_begin_elf(elf_.get(), DWARF_C_READ, nullptr));
    dwarf_opened_ = true;
    return dwarf_ != nullptr;
  }

  /// The first answer that is one, of asking each compilation unit.
  template <class Ask>
  [[nodiscard]] auto in_units(Ask ask) -> decltype(ask(std::declval<Dwarf_Die&>())) {
    Dwarf_Off next = 0;
    std::size_t header_size = 0;
    for (Dwarf_Off offset = 0; dwarf_nextcu(dwarf_.get(), offset, &next, &header_size, nullptr, nullptr, nullptr) == 0;
         offset = next) {
      Dwarf_Die unit;
      if (dwarf_offdie(dwarf_.get(), offset + header_size, &unit) == nullptr) continue;
      if (auto found = ask(unit)) return found;
    }
    return std::nullopt;
  }

  static std::optional<SourceLine> line_in(Dwarf_Die& unit, std::uint64_t address) {
    Dwarf_Line* const line = dwarf_getsrc_die(&unit, address);
    int number = 0;
    const char* const file = line == nullptr ? nullptr : dwarf_linesrc(line, nullptr, nullptr);
    if (file == nullptr || dwarf_lineno(line, &number) != 0 || number <= 0) return std::nullopt;
    return SourceLine{file, static_cast<unsigned>(number)};
  }

  /// Line and address of a row of the line table, if a statement of that file begins there, at `place` or behind.
  static std::optional<std::pair<unsigned, std::uint64_t>> statement(Dwarf_Line* row, const SourceLine& place) {
    int number = 0;
    Dwarf_Addr address = 0;
    bool begins = false, ends = false;
    const char* const file = row == nullptr ? nullptr : dwarf_linesrc(row, nullptr, nullptr);
    if (file == nullptr || dwarf_lineno(row, &number) != 0 || dwarf_lineaddr(row, &address) != 0 ||
        dwarf_linebeginstatement(row, &begins) != 0 || dwarf_lineendsequence(row, &ends) != 0)
      return std::nullopt;
    const auto line = static_cast<unsigned>(std::max(number, 0));
    if (!begins || ends || line < place.line || place.file != file) return std::nullopt;
    return std::pair{line, std::uint64_t{address}};
  }

  std::vector<std::byte> bytes_;
  ElfHandle elf_;  // refers to bytes_; the rows' names as well
  std::vector<Row> rows_;
  std::vector<Mapping> mappings_;
  std::unique_ptr<Dwarf, DwarfCloser> dwarf_;
  bool dwarf_opened_ = false;
};

std::string Symbol::text() const { return offset == 0 ? name : fmt::format("{}+{:#x}", name, offset); }

std::string SourceLine::text() const {
  const std::size_t slash = file.rfind('/');
  return fmt::format("{}:{}", slash == std::string::npos ? file : file.substr(slash + 1), line);
}

Symbols::Symbols(Source source, std::uint32_t load_bias) : source_{std::move(source)}, load_bias_{load_bias} {}
Symbols::Symbols(Symbols&&) noexcept = default;
Symbols& Symbols::operator=(Symbols&&) noexcept = default;
Symbols::~Symbols() = default;

Symbols::File& Symbols::file() const {
  if (!file_) file_ = std::make_unique<File>(source_ ? source_() : std::vector<std::byte>{});
  return *file_;
}

std::optional<Symbol> Symbols::symbol(VirtAddr address) const {
  const std::uint32_t in_file = address.raw() - load_bias_;
  const Row* const row = file().find(in_file);
  if (row == nullptr) return std::nullopt;
  const auto offset = static_cast<std::uint32_t>(in_file - row->start);
  return Symbol{std::string{row->name}, row->is_function ? offset & ~1U : offset};
}

std::optional<SourceLine> Symbols::source_line(VirtAddr address) const {
  return file().line(address.raw() - load_bias_);
}

std::optional<std::string> Symbols::source_file(std::string_view name) const { return file().source_file(name); }

std::vector<std::string> Symbols::source_files() const { return file().source_files(); }

std::optional<VirtAddr> Symbols::code_of(const SourceLine& place) const {
  const auto in_file = file().code_of(place);
  return in_file ? std::optional{VirtAddr{static_cast<std::uint32_t>(*in_file)} + load_bias_} : std::nullopt;
}

std::optional<FrameRegisters> Symbols::caller(VirtAddr pc, const FrameRegisters& frame,
                                              const ReadWord& read_word) const {
  return caller_by(file().dwarf(), pc.raw() - load_bias_, frame, read_word);
}

std::optional<VirtAddr> Symbols::address_of(std::string_view name) const {
  const Row* const row = file().find(name);
  if (row == nullptr) return std::nullopt;
  return VirtAddr{static_cast<std::uint32_t>(row->start)} + load_bias_;
}

std::uint32_t Symbols::size_of(std::string_view name) const {
  const Row* const row = file().find(name);
  return row == nullptr ? 0 : static_cast<std::uint32_t>(row->end - row->start);
}

std::vector<std::string> Symbols::names_beginning(std::string_view prefix) const {
  return file().names_beginning(prefix);
}

std::optional<bool> Symbols::is_thumb(VirtAddr address) const { return file().is_thumb(address.raw() - load_bias_); }

}  // namespace lpaemu::emu
