// Symbols and source lines of a small program, and of what mutations leave of it.
#include "lpaemu/emu/loader/symbols.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

#include "loader_sample.h"

namespace lpaemu::emu {
namespace {

Symbols symbols_of(std::vector<std::byte> file, std::uint32_t bias = 0) {
  return Symbols{[file = std::move(file)] { return file; }, bias};
}

std::string symbol_text(const Symbols& symbols, std::uint32_t address) {
  const auto symbol = symbols.symbol(VirtAddr{address});
  return symbol ? symbol->text() : "-";
}

}  // namespace

TEST_CASE("symbols cover their bytes", "[emu][loader][symbols]") {
  const Symbols symbols = symbols_of(sample());
  CHECK(symbol_text(symbols, 0x10053) == "-");
  CHECK(symbol_text(symbols, 0x10054) == "_start");  // no size: up to the next symbol
  CHECK(symbol_text(symbols, 0x1005f) == "_start+0xb");
  CHECK(symbol_text(symbols, 0x10060) == "twice");  // and not __twice, its other name
  CHECK(symbol_text(symbols, 0x10061) == "twice");  // the Thumb bit
  CHECK(symbol_text(symbols, 0x10062) == "twice+0x2");
  CHECK(symbol_text(symbols, 0x10063) == "twice+0x2");
  CHECK(symbol_text(symbols, 0x10064) == "-");     // behind twice: _start reaches to twice only
  CHECK(symbol_text(symbols, 0x10068) == "tail");  // and not $d
  CHECK(symbol_text(symbols, 0x1006b) == "tail+0x3");
  CHECK(symbol_text(symbols, 0x1006c) == "counter");
  CHECK(symbol_text(symbols, 0x10073) == "counter+0x7");
  CHECK(symbol_text(symbols, 0x10074) == "-");  // behind everything
  CHECK(symbol_text(symbols, 0) == "-");
  CHECK(symbols.address_of("twice") == VirtAddr{0x10060});
  CHECK(symbols.address_of("counter") == VirtAddr{0x1006c});
  CHECK_FALSE(symbols.address_of("$t"));
  CHECK_FALSE(symbols.address_of("nothing"));
}

TEST_CASE("sizes, sets and names of symbols", "[emu][loader][symbols]") {
  const Symbols symbols = symbols_of(sample());
  CHECK(symbols.size_of("twice") == 4);
  CHECK(symbols.size_of("counter") == 8);
  CHECK(symbols.size_of("_start") == 12);  // says nothing: to twice
  CHECK(symbols.size_of("nothing") == 0);
  CHECK(symbols.is_thumb(VirtAddr{0x10054}) == false);
  CHECK(symbols.is_thumb(VirtAddr{0x1005c}) == false);
  CHECK(symbols.is_thumb(VirtAddr{0x10060}) == true);
  CHECK(symbols.is_thumb(VirtAddr{0x10062}) == true);
  CHECK(symbols.names_beginning("t") == std::vector<std::string>{"twice", "tail"});
  CHECK(symbols.names_beginning("coun") == std::vector<std::string>{"counter"});
  CHECK(symbols.names_beginning("x").empty());
}

TEST_CASE("a source file has its path, or the end of it, for a name", "[emu][loader][symbols]") {
  const Symbols symbols = symbols_of(sample());
  CHECK(symbols.source_file("sample.s") == "/src/sample.s");
  CHECK(symbols.source_file("src/sample.s") == "/src/sample.s");
  CHECK(symbols.source_file("/src/sample.s") == "/src/sample.s");
  CHECK_FALSE(symbols.source_file("ample.s"));
  CHECK_FALSE(symbols.source_file("/sample.s"));
  CHECK_FALSE(symbols.source_file(""));
}

TEST_CASE("source lines come from the line table", "[emu][loader][symbols]") {
  const Symbols symbols = symbols_of(sample());
  const auto line = [&](std::uint32_t address) {
    const auto found = symbols.source_line(VirtAddr{address});
    return found ? found->text() : "-";
  };
  CHECK(line(0x10054) == "sample.s:7");
  CHECK(line(0x10058) == "sample.s:8");
  CHECK(line(0x1005c) == "sample.s:9");
  CHECK(line(0x10060) == "sample.s:15");
  CHECK(line(0x10062) == "sample.s:17");
  CHECK(line(0x20000) == "-");
  CHECK(symbols.source_line(VirtAddr{0x10054})->file == "/src/sample.s");
}

TEST_CASE("a load bias moves symbols and lines", "[emu][loader][symbols]") {
  const Symbols symbols = symbols_of(sample(), 0x400000);
  CHECK(symbol_text(symbols, 0x410062) == "twice+0x2");
  CHECK(symbol_text(symbols, 0x10062) == "-");
  CHECK(symbols.address_of("twice") == VirtAddr{0x410060});
  REQUIRE(symbols.source_line(VirtAddr{0x410060}));
  CHECK(symbols.source_line(VirtAddr{0x410060})->line == 15);
}

TEST_CASE("nothing is read before the first question, and once only", "[emu][loader][symbols]") {
  int reads = 0;
  const Symbols symbols{[&] {
    ++reads;
    return sample();
  }};
  CHECK(reads == 0);
  CHECK(symbol_text(symbols, 0x10060) == "twice");
  CHECK(symbols.source_line(VirtAddr{0x10060}));
  CHECK(symbol_text(symbols, 0x10054) == "_start");
  CHECK(reads == 1);
}

TEST_CASE("a file without symbols has no answers", "[emu][loader][symbols][hostile]") {
  std::vector<std::byte> stripped = sample();
  for (const std::size_t e_shoff_e_shnum : {32, 33, 34, 35, 48, 49, 50, 51}) stripped[e_shoff_e_shnum] = std::byte{0};
  for (const auto& file : {std::vector<std::byte>{}, std::vector<std::byte>(100, std::byte{7}), stripped}) {
    const Symbols symbols = symbols_of(file);
    CHECK_FALSE(symbols.symbol(VirtAddr{0x10060}));
    CHECK_FALSE(symbols.source_line(VirtAddr{0x10060}));
    CHECK_FALSE(symbols.address_of("twice"));
  }
  const Symbols none{nullptr};
  CHECK_FALSE(none.symbol(VirtAddr{0x10060}));
}

TEST_CASE("mutated symbols and line tables only give other answers", "[emu][loader][symbols][hostile]") {
  std::mt19937 random{2};  // NOLINT: the same files in every run
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random()) % below; };
  std::size_t answers = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::byte> file = sample();
    for (std::size_t n = 1 + pick(8); n > 0; --n) file[pick(file.size())] = static_cast<std::byte>(random());
    if (pick(8) == 0) file.resize(pick(file.size()));
    const Symbols symbols = symbols_of(std::move(file));
    for (const std::uint32_t address : {0x10054U, 0x10062U, 0x1006cU, 0xfffffffcU}) {
      if (symbols.symbol(VirtAddr{address})) ++answers;
      if (symbols.source_line(VirtAddr{address})) ++answers;
    }
  }
  CHECK(answers > 1000);
}

}  // namespace lpaemu::emu
