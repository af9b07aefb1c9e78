// What the debugger shows, without a guest: the layout's grid, colours, help.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "lpaemu/emu/debugger/fault_view.h"
#include "lpaemu/emu/debugger/help.h"
#include "lpaemu/emu/debugger/highlight.h"
#include "lpaemu/mmu/testing/golden.h"

using namespace lpaemu::emu;
using lpaemu::kernel::EventKind;

namespace {

FaultView a_view() {
  FaultView view;
  view.title = "phase pte-written: 0x60001010";
  view.phase = EventKind::PteWritten;
  view.place = "store_word+0x8 softdirty_demo.c:20";
  view.source = {{"  19 ", false}, {"  20 static void store_word(char* p) { __asm__ volatile(\"str %1, [%0]\"", true}};
  view.code = {{"   0x000106d8 mov r3, #1", false}, {"=> 0x000106dc str r3, [r0]", true}};
  for (int i = 0; i < 17; ++i) view.registers.push_back("r" + std::to_string(i) + " 0x00000000");
  view.walk_heading = "walk of 0x60001010 for a write; FSR 0xa0f";
  view.walk = {"level 1", "level 2", "level 3", "level 3 permission fault"};
  view.pte_heading = "PTE of 0x60001000";
  view.fields = {{"SOFT_DIRTY", 0, 1}, {"DIRTY", 1, 1}, {"AP2", 1, 0}, {"AttrIndx", 7, 7}};
  view.vma = "verdict soft-dirty; mapping 0x60000000-0x60010000 rw-p anon";
  return view;
}

Style style_of(const Grid& grid, std::string_view text) {
  const std::string all = grid.text();
  int row = 0;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = all.find('\n', begin);
    REQUIRE(end != std::string::npos);
    if (const std::size_t at = all.substr(begin, end - begin).find(text); at != std::string::npos)
      return grid.at(row, static_cast<int>(at)).style;
    begin = end + 1;
    ++row;
  }
}

void check_layout(const FaultView& view, ScreenSize size, const char* file) {
  lpaemu::mmu::testing::check_golden(std::filesystem::path{LPAEMU_GOLDEN_DIR} / file, draw(view, size, "").text());
}

}  // namespace

TEST_CASE("layout fault: the screen at 80x24, larger, and before any fault", "[emu][layout]") {
  check_layout(a_view(), {24, 80}, "80x24.txt");
  check_layout(a_view(), {30, 100}, "100x30.txt");
  FaultView none = a_view();
  none.phase.reset();
  none.fields.clear();
  check_layout(none, {24, 80}, "no_fault.txt");
}

TEST_CASE("layout fault: the present phase, the present line and changed bits stand out", "[emu][layout]") {
  const Grid grid = draw(a_view(), smallest_layout, "");
  CHECK(style_of(grid, "[pte-written]") == Style::present);
  CHECK(style_of(grid, "raised") == Style::normal);
  CHECK(style_of(grid, "=> 0x000106dc") == Style::present);
  CHECK(style_of(grid, "   0x000106d8") == Style::normal);
  CHECK(style_of(grid, "AP2") == Style::changed);
  CHECK(style_of(grid, "AttrIndx") == Style::normal);
  CHECK(style_of(grid, "q prompt") == Style::title);
  CHECK(draw(a_view(), smallest_layout, "no fault").text().find("no fault\n") != std::string::npos);
}

TEST_CASE("layout fault: any size and any text is drawn", "[emu][layout]") {
  FaultView wild = a_view();
  wild.title = "\x1b[2J" + std::string(5000, 'x');
  wild.code.assign(500, {std::string(500, 'y'), true});
  wild.registers.assign(100, std::string(300, 'z'));
  wild.walk.assign(50, std::string(300, 'w'));
  wild.fields.assign(64, {"LONGNAME", ~0ULL, 0});
  for (const ScreenSize size : {ScreenSize{0, 0}, ScreenSize{1, 1}, ScreenSize{24, 79}, ScreenSize{23, 80},
                                ScreenSize{24, 80}, ScreenSize{300, 500}}) {
    const Grid grid = draw(wild, size, "");
    CHECK(grid.text().find('\x1b') == std::string::npos);
  }
  CHECK(draw(wild, {23, 80}, "").text().find("80x23 is too small, 80x24 is needed") == 0);
}

TEST_CASE("colours add sequences and change no text", "[emu][highlight]") {
  const std::string text =
      "Breakpoint 1: 0x000106dc <main+0x8> hello.c:20\n=> str r3, [r0]\nerror: no command 'x'\nplain";
  const std::string coloured = highlighted(text);
  CHECK(coloured.find("\x1b[34m0x000106dc\x1b[0m \x1b[33m<main+0x8>\x1b[0m \x1b[32mhello.c:20\x1b[0m\n") !=
        std::string::npos);
  CHECK(coloured.find("\x1b[1m=> str r3, [r0]\x1b[0m\n") != std::string::npos);
  CHECK(coloured.find("\x1b[31merror:\x1b[0m no command 'x'\nplain") != std::string::npos);
  std::string without;
  for (std::size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\x1b')
      i = coloured.find('m', i);
    else
      without += coloured[i];
  }
  CHECK(without == text);
}

TEST_CASE("every command has a topic whose example is a line of that command", "[emu][help]") {
  for (const Command& command : command_table()) {
    INFO(command.name << " needs a row in help_topics.inc");
    const HelpTopic* const topic = find_topic(command);
    REQUIRE(topic != nullptr);
    const auto parsed = parse_command(topic->example);
    CHECK((parsed && parsed->command == &command));
  }
}
