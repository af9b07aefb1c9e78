#include "lpaemu/emu/engine/engine_walker.h"

#include <array>
#include <cstring>
#include <utility>

#include "lpaemu/mmu/assert.h"
#include "unicorn_cpu.h"

namespace lpaemu::emu {

using mmu::Access;
using mmu::PhysAddr;
using mmu::Privilege;
using mmu::VirtAddr;

namespace {

constexpr UnicornCpu::Cp15Register reg_sctlr{1, 0, 0, 0};
constexpr UnicornCpu::Cp15Register reg_ttbcr{2, 0, 0, 2};
constexpr UnicornCpu::Cp15Register reg_ttbr0{0, 2, 0, 0, true};
constexpr UnicornCpu::Cp15Register reg_ttbr1{0, 2, 1, 0, true};
constexpr UnicornCpu::Cp15Register reg_mair0{10, 2, 0, 0};
constexpr UnicornCpu::Cp15Register reg_mair1{10, 2, 0, 1};
constexpr UnicornCpu::Cp15Register reg_par{0, 7, 0, 0, true};
constexpr UnicornCpu::Cp15Register ats1c(mmu::AddressTranslation operation) {
  return {7, 8, 0, static_cast<std::uint32_t>(operation)};
}

constexpr std::uint32_t insn_ldr_r0_r0 = 0xe5900000;
constexpr std::uint32_t insn_str_r0_r0 = 0xe5800000;
constexpr VirtAddr load_va{0x00010000};
constexpr VirtAddr store_va = load_va + sizeof insn_ldr_r0_r0;

}  // namespace

// The instruction that accesses data is fetched through an entry of ours; everything after that is the library's.
class EngineWalker::Cpu final : public CpuEvents {
 public:
  [[nodiscard]] Expected<void, Error> open(std::span<const std::unique_ptr<GuestRam>> memory) {
    LPAEMU_TRY(code, GuestRam::reserve(code_page, mmu::PAGE_SIZE));
    code_ = std::move(code);
    const std::array words{insn_ldr_r0_r0, insn_str_r0_r0};
    std::memcpy(code_->host(), words.data(), sizeof words);
    LPAEMU_TRY_VOID(cpu.open(*code_));
    for (const auto& ram : memory) LPAEMU_TRY_VOID(cpu.add_table_memory(*ram));
    cpu.leave_secure_state();
    return {};
  }

  FillResult on_fill(VirtAddr, Access access, bool for_guest) noexcept override {
    if (access != Access::execute || !for_guest) return {};
    cpu.set_walker(UnicornCpu::Walker::library);
    return {code_page, Rights{Rights::execute}};
  }
  void on_interrupt(unsigned) noexcept override { cpu.stop(); }
  bool on_invalid_instruction() noexcept override { return false; }
  void on_block() noexcept override {}
  void on_refused(PhysAddr pa) noexcept override { refused = pa; }

  UnicornCpu cpu{*this, remedies_};
  std::optional<PhysAddr> refused;

 private:
  const Remedies remedies_;
  std::unique_ptr<GuestRam> code_;
};

EngineWalker::EngineWalker(std::unique_ptr<Cpu> cpu) : cpu_{std::move(cpu)} {}
EngineWalker::~EngineWalker() = default;

Expected<std::unique_ptr<EngineWalker>, Error> EngineWalker::create(std::span<const std::unique_ptr<GuestRam>> memory) {
  auto cpu = std::make_unique<Cpu>();
  LPAEMU_TRY_VOID(cpu->open(memory));
  return std::unique_ptr<EngineWalker>{new EngineWalker{std::move(cpu)}};
}

void EngineWalker::set_registers(const mmu::TranslationRegisters& registers) {
  UnicornCpu& cpu = cpu_->cpu;
  cpu.write_cp15(reg_sctlr, registers.sctlr.raw());
  cpu.write_cp15(reg_ttbcr, registers.ttbcr.raw());
  cpu.write_cp15(reg_ttbr0, registers.ttbr0.raw());
  cpu.write_cp15(reg_ttbr1, registers.ttbr1.raw());
  cpu.write_cp15(reg_mair0, static_cast<std::uint32_t>(registers.mair.raw()));
  cpu.write_cp15(reg_mair1, registers.mair.raw() >> 32);
}

EngineWalker::Outcome EngineWalker::access(VirtAddr va, Access access, Privilege privilege) {
  LPAEMU_ASSERT(va.raw() % sizeof insn_ldr_r0_r0 == 0, "not the address of a word: {:#x}", va.raw());
  UnicornCpu& cpu = cpu_->cpu;
  cpu.set_cpsr(mmu::PSR::M.with(mmu::Psr{}, privilege == Privilege::pl0 ? mmu::PsrMode::usr : mmu::PsrMode::svc));
  cpu.set_syndrome(UnicornCpu::no_syndrome);
  cpu.set_r0(va.raw());
  cpu.drop_all_entries();
  cpu_->refused.reset();
  const bool fetch = access == Access::execute;
  cpu.set_walker(fetch ? UnicornCpu::Walker::library : UnicornCpu::Walker::ours);
  const UnicornCpu::Ended ended = cpu.start(fetch ? va : access == Access::read ? load_va : store_va);
  if (cpu_->refused) return {cpu_->refused, 0, false};

  const Syndrome syndrome = cpu.syndrome();
  const ExceptionClass wanted = fetch ? ExceptionClass::prefetch_abort : ExceptionClass::data_abort;
  const auto same_level = static_cast<ExceptionClass>(static_cast<unsigned>(wanted) + (privilege == Privilege::pl1));
  LPAEMU_ASSERT(ended == UnicornCpu::Ended::as_asked && HSR::EC.get(syndrome) == same_level,
                "pc {:#x}: the access to {:#x} at PL{} ended as {} with the syndrome {:#x}: {}", cpu.pc().raw(),
                va.raw(), static_cast<int>(privilege), static_cast<int>(ended), syndrome.raw(), cpu.error_text());
  return {std::nullopt, HSR::DFSC.get(syndrome), !fetch && HSR::WnR.get(syndrome)};
}

mmu::Par EngineWalker::translate(VirtAddr va, mmu::AddressTranslation operation) {
  UnicornCpu& cpu = cpu_->cpu;
  cpu.set_cpsr(mmu::PSR::M.with(mmu::Psr{}, mmu::PsrMode::svc));
  cpu.write_cp15(ats1c(operation), va.raw());
  return mmu::Par{cpu.read_cp15(reg_par)};
}

}  // namespace lpaemu::emu
