// Calls of the engine's library that its traps forbid, looked for in the one file that can make them.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>
#include <string>

namespace {

std::string source() {
  std::ifstream file{ENGINE_SOURCE};
  return {std::istreambuf_iterator<char>{file}, {}};
}

unsigned count(const std::string& text, const std::string& part) {
  unsigned n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("unicorn_cpu.cpp makes no forbidden call", "[engine][trap]") {
  const std::string text = source();
  REQUIRE(text.size() > 1000);
  SECTION("TRAP, asynchronous stop: after an assertion, away from hazards, or for good; no timeout and no count") {
    CHECK(count(text, "exact = where_ == Where::interrupt || where_ == Where::block || where_ == Where::transl") == 1);
    CHECK(count(text, "LPAEMU_ASSERT(exact || !remedies_.stop_at_blocks,") == 1);
    CHECK(count(text, "  stopped_ = true;\n  uc_emu_stop(uc_);\n") == 1);
    CHECK(count(text, "  abandoned_ = true;\n  uc_emu_stop(uc_);\n") == 1);
    CHECK(count(text, "  if (may_leave_) uc_emu_stop(uc_);\n") == 1);
    CHECK(count(text, "may_leave_ = true") == 1);
    CHECK(count(text, "uc_emu_stop") == 3);
    CHECK(count(text, "abandoned_ = false") == 0);
    CHECK(count(text, "::start(VirtAddr pc) {\n  if (abandoned_) return") == 1);
    CHECK(count(text, "= uc_emu_start(uc_, pc.raw() | thumb, 0, 0, 0);") == 1);
    CHECK(count(text, "uc_emu_start(uc_") == 1);
  }
  SECTION("TRAP, PC writes in hooks: the PC is only read") {
    CHECK(count(text, "write_register<UC_ARM_REG_PC>") == 0);
    CHECK(count(text, "static_assert(reg != UC_ARM_REG_PC)") == 1);
    CHECK(count(text, "uc_reg_write(uc, reg, &value)") == 1);
    CHECK(count(text, "uc_reg_write(uc_, UC_ARM_REG_CP_REG, &cp)") == 1);
    CHECK(count(text, "uc_reg_write(uc_, UC_ARM_REG_D0 +") == 1);
    CHECK(count(text, "uc_reg_write(uc_, UC_ARM_REG_CP_REG, &scr)") == 1);
    CHECK(count(text, "uc_reg_write(") == 4);
    CHECK(count(text, "uc_reg_write_batch(uc_, user_register_ids.data(), values.data(), user_registers_but_pc)") == 1);
    CHECK(count(text, "uc_reg_write_batch") == 1);
  }
  SECTION("no hook slows the normal path") {
    // Called where there is no memory.
    CHECK(count(text, "UC_HOOK_MEM_INVALID") == 1);
    CHECK(count(text, "UC_HOOK_MEM") == 1 + count(text, "UC_HOOK_MEM_FETCH_UNMAPPED"));
    // Called at hazards of a debugged guest.
    CHECK(count(text, "UC_HOOK_CODE, reinterpret_cast<void*>(&Hooks::instruction), this, first.raw(),") == 1);
    CHECK(count(text, "UC_HOOK_CODE") == 1);
    for (const char* hook : {"UC_HOOK_INSN,", "UC_HOOK_TCG"}) {
      CAPTURE(hook);
      CHECK(count(text, hook) == 0);
    }
  }
}
