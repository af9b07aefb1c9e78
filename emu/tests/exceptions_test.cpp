// Exception entry against the table of lpae-mmu.md, section 10; the lazy fault registers and their window.
#include "lpaemu/emu/exceptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

namespace lpaemu::emu {
namespace {

using kernel::UserRegisters;
using mmu::Access;
using mmu::Fault;
using mmu::FaultKind;
using mmu::Privilege;
using mmu::Psr;
using mmu::PsrMode;
using mmu::Sctlr;

struct Row {
  ExceptionKind kind;
  const char* name;
  std::uint32_t offset;
  PsrMode mode;
  std::uint32_t lr_arm;  // from the `pc` that exception_entry() wants: the instruction, or the next one
  std::uint32_t lr_thumb;
  bool sets_a;
  bool sets_f;
};

constexpr Row table[] = {
    {ExceptionKind::undefined, "undefined", 0x04, PsrMode::und, 4, 2, false, false},
    {ExceptionKind::svc, "svc", 0x08, PsrMode::svc, 0, 0, false, false},
    {ExceptionKind::prefetch_abort, "prefetch abort", 0x0c, PsrMode::abt, 4, 4, true, false},
    {ExceptionKind::data_abort, "data abort", 0x10, PsrMode::abt, 8, 8, true, false},
    {ExceptionKind::irq, "irq", 0x18, PsrMode::irq, 4, 4, true, false},
    {ExceptionKind::fiq, "fiq", 0x1c, PsrMode::fiq, 4, 4, true, true},
};

constexpr PsrMode modes[] = {PsrMode::usr, PsrMode::sys, PsrMode::svc, PsrMode::abt,
                             PsrMode::und, PsrMode::irq, PsrMode::fiq};

/// The CPSR that the rules give, built from nothing but the old one's flags.
Psr expected_cpsr(const Row& row, Psr old, Sctlr sctlr) {
  Psr cpsr;
  cpsr = mmu::PSR::N.with(cpsr, mmu::PSR::N.get(old));
  cpsr = mmu::PSR::Z.with(cpsr, mmu::PSR::Z.get(old));
  cpsr = mmu::PSR::C.with(cpsr, mmu::PSR::C.get(old));
  cpsr = mmu::PSR::V.with(cpsr, mmu::PSR::V.get(old));
  cpsr = mmu::PSR::Q.with(cpsr, mmu::PSR::Q.get(old));
  cpsr = mmu::PSR::GE.with(cpsr, mmu::PSR::GE.get(old));
  cpsr = mmu::PSR::E.with(cpsr, mmu::SCTLR::EE.get(sctlr));
  cpsr = mmu::PSR::A.with(cpsr, row.sets_a || mmu::PSR::A.get(old));
  cpsr = mmu::PSR::I.with(cpsr, true);
  cpsr = mmu::PSR::F.with(cpsr, row.sets_f || mmu::PSR::F.get(old));
  cpsr = mmu::PSR::T.with(cpsr, mmu::SCTLR::TE.get(sctlr));
  return mmu::PSR::M.with(cpsr, row.mode);
}

/// A CPU at an instruction that aborted; counts how often it is asked.
class Source final : public AbortSource {
 public:
  UserRegisters state;
  std::optional<Encoding> instruction;
  mutable int asked = 0;

  UserRegisters registers() const override {
    ++asked;
    return state;
  }
  std::optional<Encoding> instruction_at(VirtAddr pc, InstructionSet set) const override {
    CHECK(pc == state.pc());
    CHECK(set == instruction_set(state));
    return instruction;
  }
};

Source str_at(std::uint32_t pc, std::uint32_t r1) {  // str r0, [r1, #8]
  Source source;
  source.state.r[1] = r1;
  source.state.r[15] = pc;
  source.state.cpsr = mmu::PSR::M.with(Psr{}, PsrMode::usr);
  source.instruction = Encoding{0xe5810008, 4, InstructionSet::arm};
  return source;
}

constexpr Fault write_fault{FaultKind::permission, 3, VirtAddr{0x20000}, Access::write, Privilege::pl0};
constexpr Fault fetch_fault{FaultKind::translation, 2, VirtAddr{0x40000}, Access::execute, Privilege::pl0};

}  // namespace

TEST_CASE("exception entry from every mode and state", "[emu][exceptions][lpae-mmu 10][M-61][M-62]") {
  // Flag words with each bit once set and once clear: NZCVQ, GE, E, A, F, IT, J.
  constexpr std::uint32_t flag_words[] = {0x00000000, 0xf80f0200, 0x0e00fc40, 0x01000100, 0xff0ffec0};
  for (const Row& row : table) {
    for (const PsrMode mode : modes) {
      for (const std::uint32_t flags : flag_words) {
        for (unsigned bits = 0; bits < 16; ++bits) {
          const bool from_thumb = (bits & 1) != 0;
          Sctlr sctlr;
          sctlr = mmu::SCTLR::V.with(sctlr, (bits & 2) != 0);
          sctlr = mmu::SCTLR::TE.with(sctlr, (bits & 4) != 0);
          sctlr = mmu::SCTLR::EE.with(sctlr, (bits & 8) != 0);
          const Psr cpsr = mmu::PSR::M.with(mmu::PSR::T.with(Psr{flags}, from_thumb), mode);
          INFO(fmt::format("{} from {:#x}, CPSR {:#x}, SCTLR {:#x}", row.name, static_cast<unsigned>(mode), cpsr.raw(),
                           sctlr.raw()));

          const ExceptionEntry entry = exception_entry(row.kind, VirtAddr{0x8002}, cpsr, sctlr, VirtAddr{0x1234567f});
          CHECK(entry.spsr == cpsr);
          CHECK(entry.lr == 0x8002 + (from_thumb ? row.lr_thumb : row.lr_arm));
          CHECK(entry.vector.raw() == ((bits & 2) != 0 ? 0xffff0000 : 0x12345660) + row.offset);
          CHECK(entry.cpsr.raw() == expected_cpsr(row, cpsr, sctlr).raw());
        }
      }
    }
  }
}

TEST_CASE("a data abort leaves DFSR, DFAR and the abort bank", "[emu][exceptions][M-34]") {
  const Cp15 cp15 = Cp15::linux_smp(mmu::Ttbr{});
  ExceptionState state{cp15};
  const Source source = str_at(0x8000, 0x20014);
  state.take_data_abort(write_fault, source);

  CHECK(state.DFSR().raw() == 0xa0f);  // M-34
  CHECK(source.asked == 0);            // the status needs no registers
  CHECK(state.DFAR() == VirtAddr{0x2001c});
  CHECK(state.dfar_is_exact());
  CHECK(state.abt() == BankedRegisters{source.state.cpsr, 0x8008});
  REQUIRE(state.last_entry());
  CHECK(state.last_entry()->vector == VirtAddr{0xffff0010});  // SCTLR.V of v7_crval: high vectors
  CHECK(state.last_entry()->cpsr.raw() == 0x197);             // abort mode, A and I masked
  CHECK(source.asked == 1);
  CHECK(state.IFSR().raw() == 0);
  CHECK_FALSE(state.svc());
}

TEST_CASE("what nobody reads in the window is lost", "[emu][exceptions]") {
  const Cp15 cp15 = Cp15::linux_smp(mmu::Ttbr{});
  ExceptionState state{cp15};
  const Source source = str_at(0x8000, 0x20014);

  SECTION("unread") {
    state.take_data_abort(write_fault, source);
    state.left();
    CHECK(state.DFSR().raw() == 0xa0f);
    CHECK(state.DFAR() == VirtAddr{0x20000});
    CHECK_FALSE(state.dfar_is_exact());
    CHECK_FALSE(state.abt());
    CHECK_FALSE(state.last_entry());
    CHECK(source.asked == 0);
  }
  SECTION("read in time") {
    state.take_data_abort(write_fault, source);
    CHECK(state.abt());
    state.left();
    CHECK(state.DFAR() == VirtAddr{0x2001c});
    CHECK(state.abt() == BankedRegisters{source.state.cpsr, 0x8008});
    CHECK(source.asked == 1);
  }
  SECTION("an exception of another kind ends the window") {
    state.take_data_abort(write_fault, source);
    state.take_svc(source.state);
    CHECK(state.DFAR() == VirtAddr{0x20000});
    CHECK(source.asked == 0);
    CHECK_FALSE(state.abt());
  }
  SECTION("the next abort forgets the one before") {
    state.take_data_abort(write_fault, source);
    CHECK(state.DFAR() == VirtAddr{0x2001c});
    state.left();
    Fault next = write_fault;
    next.va = VirtAddr{0x30000};
    state.take_data_abort(next, source);
    state.left();
    CHECK(state.DFAR() == VirtAddr{0x30000});
    CHECK_FALSE(state.dfar_is_exact());
    CHECK_FALSE(state.abt());
  }
}

TEST_CASE("data and prefetch aborts have fault registers of their own and share a bank", "[emu][exceptions][M-39]") {
  const Cp15 cp15 = Cp15::linux_smp(mmu::Ttbr{});
  ExceptionState state{cp15};
  const Source data = str_at(0x8000, 0x20014);
  state.take_data_abort(write_fault, data);
  CHECK(state.DFAR() == VirtAddr{0x2001c});
  state.left();

  Source fetch;
  fetch.state.r[15] = 0x3fffe;  // the second halfword lies in the page that faulted [lpae-mmu M-39]
  fetch.state.cpsr = Psr{0x30};
  state.take_prefetch_abort(fetch_fault, fetch);
  CHECK(state.IFSR().raw() == 0x206);
  CHECK(state.IFAR() == VirtAddr{0x40000});
  CHECK(state.abt() == BankedRegisters{Psr{0x30}, 0x40002});
  CHECK(state.last_entry()->vector == VirtAddr{0xffff000c});
  CHECK(state.DFSR().raw() == 0xa0f);
  CHECK(state.DFAR() == VirtAddr{0x2001c});
}

TEST_CASE("a fault in an IT block reports the state of the faulting instruction", "[emu][exceptions][M-60]") {
  const Cp15 cp15 = Cp15::linux_smp(mmu::Ttbr{});
  ExceptionState state{cp15};
  Source source;
  source.state.r[1] = 0x20ffe;
  source.state.r[15] = 0x9002;
  source.state.cpsr = Psr{0x40000030 | 0x0800 | 0x06000000};        // Z; IT = 0x0b: eq, four instructions
  source.instruction = Encoding{0x6008, 2, InstructionSet::thumb};  // str r0, [r1]
  Fault fault = write_fault;
  fault.va = VirtAddr{0x21000};
  state.take_data_abort(fault, source);
  CHECK(state.DFAR() == VirtAddr{0x21000});  // the store straddles, its second page faulted
  CHECK(state.abt() == BankedRegisters{source.state.cpsr, 0x900a});
}

TEST_CASE("an alignment fault needs no page", "[emu][exceptions]") {
  const Cp15 cp15 = Cp15::linux_smp(mmu::Ttbr{});
  ExceptionState state{cp15};
  Source source = str_at(0x8000, 0x20002);
  source.instruction = Encoding{0xe1810f92, 4, InstructionSet::arm};  // strex r0, r2, [r1]
  const Fault fault{FaultKind::alignment, 0, VirtAddr{}, Access::write, Privilege::pl0};
  state.take_data_abort(fault, source.state, source.instruction);
  CHECK(state.DFSR().raw() == 0xa21);
  CHECK(state.DFAR() == VirtAddr{0x20002});
  CHECK(state.dfar_is_exact());
  CHECK(state.abt());
}

TEST_CASE("an instruction that cannot be read leaves the page", "[emu][exceptions]") {
  const Cp15 cp15 = Cp15::linux_smp(mmu::Ttbr{});
  ExceptionState state{cp15};
  Source source = str_at(0x8000, 0x20014);
  source.instruction.reset();
  state.take_data_abort(write_fault, source);
  CHECK(state.DFAR() == VirtAddr{0x20000});
  CHECK_FALSE(state.dfar_is_exact());
  CHECK(state.abt() == BankedRegisters{source.state.cpsr, 0x8008});  // that much is known
}

TEST_CASE("SVC and undefined instructions have banks of their own", "[emu][exceptions]") {
  Cp15 cp15 = Cp15::linux_smp(mmu::Ttbr{});
  ExceptionState state{cp15};
  UserRegisters registers;
  registers.r[15] = 0x8004;
  registers.cpsr = Psr{0x60000010};
  state.take_svc(registers);
  CHECK(state.svc() == BankedRegisters{Psr{0x60000010}, 0x8004});
  CHECK(state.last_entry()->vector == VirtAddr{0xffff0008});
  CHECK(state.last_entry()->cpsr.raw() == 0x60000093);

  cp15.VBAR = VirtAddr{0x1000};
  cp15.translation.sctlr = mmu::SCTLR::V.with(cp15.translation.sctlr, false);
  registers.cpsr = Psr{0x30};
  state.take_undefined(registers);
  CHECK(state.und() == BankedRegisters{Psr{0x30}, 0x8006});
  CHECK(state.last_entry()->vector == VirtAddr{0x1004});
  CHECK(state.svc()->LR == 0x8004);
}

TEST_CASE("the user machine's CP15 is an SMP Linux's", "[emu][cp15][lpae-mmu 11]") {
  const Cp15 cp15 = Cp15::linux_smp(mmu::Ttbr{0x0001000880004000});
  ExceptionState state{cp15};
  const Source source = str_at(0x8000, 0x20014);
  state.take_data_abort(write_fault, source);
  const auto all = named_registers(cp15, state);
  const auto value = [&](std::string_view name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const NamedRegister& r) { return r.name == name; });
    REQUIRE(found != all.end());
    return found->value;
  };
  CHECK(value("TTBCR") == 0xb5003500);
  CHECK(value("TTBR0") == 0x0001000880004000);
  CHECK(value("TTBR1") == 0);
  CHECK(value("MAIR0") == 0xeeaa4400);
  CHECK(value("MAIR1") == 0xff000004);
  CHECK(value("SCTLR") == 0x30c53c7d);
  CHECK(value("DFSR") == 0xa0f);
  CHECK(value("DFAR") == 0x2001c);
  CHECK(value("IFSR") == 0);
  CHECK(value("PAR") == 0);
}

}  // namespace lpaemu::emu
