#include "unicorn_cpu.h"

#include <fmt/format.h>
#include <unicorn/unicorn.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lpaemu/mmu/assert.h"

namespace lpaemu::emu {

using mmu::Access;
using mmu::PhysAddr;
using mmu::Psr;
using mmu::VirtAddr;

namespace {

// Reserved for the wrapper: translated code is dropped through an alias here, and the CLREX stub runs here. Whatever
// the guest maps at it is dropped from the soft TLB before and after, so the guest may use the address as well.
constexpr VirtAddr reserved_va{0xfffff000};

constexpr std::uint32_t insn_clrex = 0xf57ff01f;
constexpr std::uint32_t insn_b_next = 0xeaffffff;
constexpr std::uint32_t insn_svc_0 = 0xef000000;

constexpr std::uint32_t cpacr_full_access = 0x00f00000;  // cp10 and cp11 [armv7 B4.1.40]
constexpr std::uint32_t fpexc_en = 0x40000000;           // [armv7 B6.1.38]

constexpr UnicornCpu::Cp15Register reg_ttbcr{2, 0, 0, 2};
constexpr UnicornCpu::Cp15Register reg_tlbimva{8, 7, 0, 1};

constexpr Psr without_it(Psr psr) { return mmu::PSR::IT_HIGH.with(mmu::PSR::IT_LOW.with(psr, 0), 0); }

std::uint32_t read_register(uc_struct* uc, uc_arm_reg reg) {
  std::uint32_t value = 0;
  uc_reg_read(uc, reg, &value);
  return value;
}

// TRAP, PC writes in hooks: a PC written like any register sets a flag that hooks do not consume, and a later stop may
// leave with a stale PC. Here no PC can be written at all; it is only ever given to uc_emu_start().
template <uc_arm_reg reg>
void write_register(uc_struct* uc, std::uint32_t value) {
  static_assert(reg != UC_ARM_REG_PC);  // UC_ARM_REG_R15 is the same
  uc_reg_write(uc, reg, &value);
}

uc_arm_cp_reg cp15(UnicornCpu::Cp15Register reg, std::uint64_t value) {
  constexpr std::uint32_t non_secure = 0;  // the bank that user mode sees
  return uc_arm_cp_reg{15, reg.is_64, non_secure, reg.crn, reg.crm, reg.opc1, reg.opc2, value};
}

constexpr std::array<int, 17> user_register_ids{
    UC_ARM_REG_R0,  UC_ARM_REG_R1,  UC_ARM_REG_R2,  UC_ARM_REG_R3,   UC_ARM_REG_R4,  UC_ARM_REG_R5,
    UC_ARM_REG_R6,  UC_ARM_REG_R7,  UC_ARM_REG_R8,  UC_ARM_REG_R9,   UC_ARM_REG_R10, UC_ARM_REG_R11,
    UC_ARM_REG_R12, UC_ARM_REG_R13, UC_ARM_REG_R14, UC_ARM_REG_CPSR, UC_ARM_REG_PC};
constexpr int user_registers_but_pc = user_register_ids.size() - 1;

// Changes a value for a scope.
template <class T>
class Scoped {
 public:
  Scoped(T& place, T value) : place_{place}, before_{std::exchange(place, value)} {}
  ~Scoped() { place_ = before_; }
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;

 private:
  T& place_;
  T before_;
};

}  // namespace

struct UnicornCpu::Hooks {
  static bool fill(uc_engine*, std::uint64_t vaddr, uc_mem_type type, uc_tlb_entry* result, void* user) noexcept {
    auto& cpu = *static_cast<UnicornCpu*>(user);
    const VirtAddr va{static_cast<std::uint32_t>(vaddr)};
    const Access access = type == UC_MEM_FETCH ? Access::execute : type == UC_MEM_WRITE ? Access::write : Access::read;
    if (cpu.alias_) [[unlikely]] {
      result->paddr = cpu.alias_->raw();
      result->perms = access == Access::read ? UC_PROT_READ : UC_PROT_EXEC;
      return access == Access::read || (access == Access::execute && va == reserved_va);
    }

    // TRAP, probes and nested calls: uc_hook_del() and uc_ctl_remove_cache() look addresses up as well.
    const bool for_guest = cpu.where_ == Where::guest;
    const Scoped where{cpu.where_, Where::fill};
    const FillResult filled = cpu.events_.on_fill(va, access, for_guest);
    if (!filled.filled()) return false;
    static_assert(Rights::read == UC_PROT_READ && Rights::write == UC_PROT_WRITE && Rights::execute == UC_PROT_EXEC);
    result->paddr = filled.page.raw();
    result->perms = static_cast<uc_prot>(filled.rights.bits());
    // TRAP, asynchronous stop: one that comes while the library begins to run is half lost: it does not stop, but no
    // hook is called any more. When the library fetches it has begun.
    if (access != Access::execute)
      cpu.fix_it_state();
    else if (for_guest)
      cpu.may_leave_ = true;
    return true;
  }

  static void interrupt(uc_engine*, std::uint32_t number, void* user) noexcept {
    auto& cpu = *static_cast<UnicornCpu*>(user);
    const Scoped where{cpu.where_, Where::interrupt};
    if (cpu.in_stub_) return cpu.stop();
    cpu.events_.on_interrupt(number);
  }

  static bool invalid_instruction(uc_engine*, void* user) noexcept {
    auto& cpu = *static_cast<UnicornCpu*>(user);
    const Scoped where{cpu.where_, Where::invalid};
    cpu.stopped_ = !cpu.events_.on_invalid_instruction();
    return !cpu.stopped_;
  }

  static void block(uc_engine*, std::uint64_t, std::uint32_t, void* user) noexcept {
    auto& cpu = *static_cast<UnicornCpu*>(user);
    const Scoped where{cpu.where_, Where::block};
    if (!cpu.in_stub_) cpu.events_.on_block();
  }

  static void translation(uc_engine*, uc_tb* block, uc_tb*, void* user) noexcept {
    auto& cpu = *static_cast<UnicornCpu*>(user);
    const Scoped where{cpu.where_, Where::translation};
    if (!cpu.in_stub_) cpu.events_.on_translation(VirtAddr{static_cast<std::uint32_t>(block->pc)}, block->size);
  }

  static void instruction(uc_engine*, std::uint64_t va, std::uint32_t, void* user) noexcept {
    auto& cpu = *static_cast<UnicornCpu*>(user);
    // A nudge that came before leaves right here, behind this hook and before the instruction.
    cpu.may_leave_ = !cpu.events_.on_instruction(VirtAddr{static_cast<std::uint32_t>(va)});
  }

  static bool refused(uc_engine*, uc_mem_type, std::uint64_t pa, int, std::int64_t, void* user) noexcept {
    static_cast<UnicornCpu*>(user)->events_.on_refused(PhysAddr{pa});
    return false;
  }
};

// TRAP, IT state: the library has restored the CPU state of the faulting instruction. When the fill succeeds the
// translated block goes on, and IT bits left behind would be taken for those of the next block.
void UnicornCpu::fix_it_state() {
  const Psr before = cpsr();
  const Psr clean = without_it(before);
  if (clean != before && remedies_.fix_it_state) set_cpsr(clean);
}

UnicornCpu::~UnicornCpu() {
  if (uc_ != nullptr) uc_close(uc_);
}

Expected<void, Error> UnicornCpu::open(GuestRam& ram) {
  // The last page of the 40-bit space, or the first where RAM is up there: nothing of the guest's leads to it.
  const PhysAddr top = PhysAddr{PhysAddr::mask}.page();
  LPAEMU_TRY(stub, GuestRam::reserve(ram.contains(top) ? PhysAddr{} : top, mmu::PAGE_SIZE));
  stub_ = std::move(stub);
  // TRAP, first blocks: the library tells of translations (watch_translation()) when some block has come to its end,
  // which one that a system call or a stop leaves does not. So here is one that does.
  const std::array code{insn_clrex, insn_b_next, insn_svc_0};
  std::memcpy(stub_->host(), code.data(), sizeof code);

  uc_err error = UC_ERR_OK;
  const auto good = [&](uc_err result) { return (error = result) == UC_ERR_OK; };
  const auto map = [&](GuestRam& memory) {
    return uc_mem_map_ptr(uc_, memory.base().raw(), memory.size(), UC_PROT_ALL, memory.host());
  };
  const auto hook = [&](int type, auto* callback) {
    uc_hook handle = 0;
    return uc_hook_add(uc_, &handle, type, reinterpret_cast<void*>(callback), this, 1, 0);
  };
  // TRAP, 1 KiB pages: page size and model come before any other call.
  const bool opened = good(uc_open(UC_ARCH_ARM, UC_MODE_ARM, &uc_)) &&
                      (!remedies_.page_4k || good(uc_ctl_set_page_size(uc_, mmu::PAGE_SIZE))) &&
                      good(uc_ctl_set_cpu_model(uc_, UC_CPU_ARM_CORTEX_A15)) &&
                      good(uc_ctl_tlb_mode(uc_, UC_TLB_VIRTUAL)) &&
                      // An empty list of exits: with `until` one address would end the run instead of faulting.
                      good(uc_ctl_exits_enable(uc_)) && good(map(ram)) && good(map(*stub_)) &&
                      good(hook(UC_HOOK_TLB_FILL, &Hooks::fill)) && good(hook(UC_HOOK_INTR, &Hooks::interrupt)) &&
                      good(hook(UC_HOOK_INSN_INVALID, &Hooks::invalid_instruction));
  if (opened && remedies_.exclusive_grants) skip_dirty_scans(ram);
  if (!opened) return unexpected(Error{fmt::format("Unicorn {} cannot be set up: {}", version(), uc_strerror(error))});

  // The library walks nothing; but syndromes have the fault status of the long format then.
  write_cp15(reg_ttbcr, mmu::TTBCR::EAE.with(mmu::Ttbcr{}, true).raw());
  write_register<UC_ARM_REG_C1_C0_2>(uc_, cpacr_full_access);
  write_register<UC_ARM_REG_FPEXC>(uc_, fpexc_en);
  set_syndrome(no_syndrome);
  set_cpsr(mmu::PSR::M.with(Psr{}, mmu::PsrMode::usr));
  return {};
}

Expected<void, Error> UnicornCpu::map(GuestRam& memory) {
  const uc_err error = uc_mem_map_ptr(uc_, memory.base().raw(), memory.size(), UC_PROT_ALL, memory.host());
  if (error == UC_ERR_OK) return {};
  return unexpected(Error{fmt::format("Unicorn {} does not take more memory: {}", version(), uc_strerror(error))});
}

// For each block that it translates the library scans its whole soft TLB for entries through which the block could be
// written: 12 us with the smallest one, a hundred with the largest. W^X leaves no such entry. The scan is left out
// where a hook on unmapped fetches covers the block's address, which this one is for; it is never called. But the
// library asks the same about the *physical* address of a store, and keeps stores slow then: so RAM is left out of its
// range.
void UnicornCpu::skip_dirty_scans(const GuestRam& ram) {
  const auto never = +[](uc_engine*, uc_mem_type, std::uint64_t, int, std::int64_t, void*) { return false; };
  const auto cover = [&](std::uint64_t first, std::uint64_t end) {
    uc_hook handle = 0;
    if (first < end)
      uc_hook_add(uc_, &handle, UC_HOOK_MEM_FETCH_UNMAPPED, reinterpret_cast<void*>(never), nullptr, first, end - 1);
  };
  const std::uint64_t virtual_end = std::uint64_t{VirtAddr{~std::uint32_t{0}}.raw()} + 1;
  cover(0, std::min(ram.base().raw(), virtual_end));
  cover(ram.base().raw() + ram.size(), virtual_end);
}

UnicornCpu::Ended UnicornCpu::start(VirtAddr pc) {
  if (abandoned_) return Ended::as_asked;
  const Scoped where{where_, in_stub_ ? Where::call : Where::guest};
  stopped_ = false;
  const std::uint32_t thumb = mmu::PSR::T.get(cpsr()) && !in_stub_ ? 1 : 0;
  // TRAP, asynchronous stop: no timeout and no count here.
  error_ = uc_emu_start(uc_, pc.raw() | thumb, 0, 0, 0);
  may_leave_ = false;
  if (stopped_ || abandoned_) return Ended::as_asked;
  switch (error_) {
    case UC_ERR_OK: return Ended::quiet;
    case UC_ERR_EXCEPTION: return Ended::exception;
    default: return Ended::error;
  }
}

void UnicornCpu::stop() {
  // TRAP, asynchronous stop: the library looks for a request after every load and store and leaves with the PC at the
  // same instruction, which then runs twice. At the start of a block and in INTR it is exact.
  const bool exact = where_ == Where::interrupt || where_ == Where::block || where_ == Where::translation;
  LPAEMU_ASSERT(exact || !remedies_.stop_at_blocks,
                "the CPU can be stopped in INTR and at block starts only, not in {}", static_cast<int>(where_));
  stopped_ = true;
  uc_emu_stop(uc_);
}

// TRAP, asynchronous stop: kept away from what must not be made twice.
void UnicornCpu::nudge() noexcept {
  if (may_leave_) uc_emu_stop(uc_);
}

// TRAP, asynchronous stop: not exact. That does no harm to a guest that never runs again.
void UnicornCpu::abandon() noexcept {
  abandoned_ = true;
  uc_emu_stop(uc_);
}

std::string UnicornCpu::error_text() const { return uc_strerror(static_cast<uc_err>(error_)); }

// TRAP, exclusive monitor: it has no register, and a STREX after a stop or a switch still succeeds.
void UnicornCpu::clear_exclusive_monitor() {
  const Psr before = cpsr();
  set_cpsr(without_it(before));
  {
    const Scoped stub{in_stub_, true};
    const Scoped alias{alias_, std::optional{stub_->base()}};
    drop_entry(reserved_va);
    const Ended ended = start(reserved_va);  // no nudge ends it: only what the guest fetches lets one
    LPAEMU_ASSERT(ended == Ended::as_asked, "the CLREX stub ended by {}", error_text());
    drop_entry(reserved_va);
  }
  set_cpsr(before);
}

// TRAP, stale code. By physical page: the library finds code by address, so the reserved one is made to lead there.
void UnicornCpu::drop_code(mmu::Pfn pfn) {
  const Scoped alias{alias_, std::optional{PhysAddr{pfn}}};
  const Scoped where{where_, Where::call};
  const std::uint64_t first = reserved_va.raw();
  drop_entry(reserved_va);
  uc_ctl_remove_cache(uc_, first, first + mmu::PAGE_SIZE - 1);
  drop_entry(reserved_va);
}

void UnicornCpu::drop_entry(VirtAddr va) { write_cp15(reg_tlbimva, va.raw()); }

// TRAP, small TLB: the library doubles it at a flush, if most of it was used by then. Used up like this it takes tens
// of nanoseconds an entry; to wait until the guest uses that much would cost it a fill for each, or worse.
void UnicornCpu::use_entries(std::uint32_t count) {
  const Scoped alias{alias_, std::optional{stub_->base()}};
  const Scoped where{where_, Where::call};
  for (std::uint32_t page = 0; page < count; ++page) {
    std::uint64_t unused = 0;
    uc_vmem_translate(uc_, std::uint64_t{page} * mmu::PAGE_SIZE, UC_PROT_READ, &unused);
  }
}

void UnicornCpu::drop_all_entries() { uc_ctl_flush_tlb(uc_); }

void UnicornCpu::watch_translation() {
  uc_hook handle = 0;
  uc_hook_add(uc_, &handle, UC_HOOK_EDGE_GENERATED, reinterpret_cast<void*>(&Hooks::translation), this, 1, 0);
}

void UnicornCpu::watch_instructions(VirtAddr first, std::uint32_t bytes) {
  LPAEMU_ASSERT(where_ == Where::outside, "instructions are watched before the CPU runs");
  uc_hook handle = 0;
  uc_hook_add(uc_, &handle, UC_HOOK_CODE, reinterpret_cast<void*>(&Hooks::instruction), this, first.raw(),
              (first + (bytes - 1)).raw());
  // What is translated already would not call it. By halfwords: the range may lie in two pages.
  const Scoped where{where_, Where::call};
  for (std::uint32_t i = 0; i < bytes; i += 2)
    uc_ctl_remove_cache(uc_, std::uint64_t{(first + i).raw()}, std::uint64_t{(first + i).raw()} + 2);
}

void UnicornCpu::set_block_hook(bool on) {
  LPAEMU_ASSERT(where_ == Where::outside, "the block hook is settled before the CPU runs");
  if (on == block_hook()) return;
  const Scoped where{where_, Where::call};
  if (on) {
    uc_hook_add(uc_, &block_hook_, UC_HOOK_BLOCK, reinterpret_cast<void*>(&Hooks::block), this, 1, 0);
  } else {
    uc_hook_del(uc_, std::exchange(block_hook_, 0));
  }
  uc_ctl_flush_tb(uc_);  // blocks that are translated already would not call it
}

VirtAddr UnicornCpu::pc() const { return VirtAddr{read_register(uc_, UC_ARM_REG_PC)}; }
Psr UnicornCpu::cpsr() const { return Psr{read_register(uc_, UC_ARM_REG_CPSR)}; }
void UnicornCpu::set_cpsr(Psr value) { write_register<UC_ARM_REG_CPSR>(uc_, value.raw()); }
void UnicornCpu::set_r0(std::uint32_t value) { write_register<UC_ARM_REG_R0>(uc_, value); }
Syndrome UnicornCpu::syndrome() const { return Syndrome{read_register(uc_, UC_ARM_REG_ESR)}; }
void UnicornCpu::set_syndrome(Syndrome value) { write_register<UC_ARM_REG_ESR>(uc_, value.raw()); }

void UnicornCpu::read_first(std::span<std::uint32_t> registers) const {
  std::array<void*, user_registers_but_pc> values;
  for (std::size_t i = 0; i < registers.size(); ++i) values[i] = &registers[i];
  uc_reg_read_batch(uc_, user_register_ids.data(), values.data(), static_cast<int>(registers.size()));
}

kernel::UserRegisters UnicornCpu::user_registers() const {
  kernel::UserRegisters registers;
  std::uint32_t cpsr = 0;
  std::array<void*, user_register_ids.size()> values;
  for (std::size_t i = 0; i < registers.r.size() - 1; ++i) values[i] = &registers.r[i];
  values[values.size() - 2] = &cpsr;
  values[values.size() - 1] = &registers.r.back();
  uc_reg_read_batch(uc_, user_register_ids.data(), values.data(), static_cast<int>(values.size()));
  registers.cpsr = Psr{cpsr};
  return registers;
}

void UnicornCpu::set_user_registers_but_pc(const kernel::UserRegisters& registers) {
  kernel::UserRegisters copy = registers;
  std::uint32_t cpsr = registers.cpsr.raw();
  std::array<void*, user_registers_but_pc> values;
  for (std::size_t i = 0; i < values.size() - 1; ++i) values[i] = &copy.r[i];
  values.back() = &cpsr;
  uc_reg_write_batch(uc_, user_register_ids.data(), values.data(), user_registers_but_pc);
}

kernel::VfpRegisters UnicornCpu::vfp_registers() const {
  kernel::VfpRegisters registers;
  for (std::size_t i = 0; i < registers.d.size(); ++i)
    uc_reg_read(uc_, UC_ARM_REG_D0 + static_cast<int>(i), &registers.d[i]);
  registers.fpscr = read_register(uc_, UC_ARM_REG_FPSCR);
  return registers;
}

void UnicornCpu::set_vfp_registers(const kernel::VfpRegisters& registers) {
  for (std::size_t i = 0; i < registers.d.size(); ++i)
    uc_reg_write(uc_, UC_ARM_REG_D0 + static_cast<int>(i), &registers.d[i]);
  write_register<UC_ARM_REG_FPSCR>(uc_, registers.fpscr);
}

std::uint64_t UnicornCpu::read_cp15(Cp15Register reg) const {
  uc_arm_cp_reg cp = cp15(reg, 0);
  uc_reg_read(uc_, UC_ARM_REG_CP_REG, &cp);
  return cp.val;
}

void UnicornCpu::write_cp15(Cp15Register reg, std::uint64_t value) {
  const uc_arm_cp_reg cp = cp15(reg, value);
  uc_reg_write(uc_, UC_ARM_REG_CP_REG, &cp);
}

void UnicornCpu::set_walker(Walker walker) {
  uc_ctl_tlb_mode(uc_, walker == Walker::ours ? UC_TLB_VIRTUAL : UC_TLB_CPU);
}

Expected<void, Error> UnicornCpu::add_table_memory(GuestRam& memory) {
  uc_err error = uc_mem_map_ptr(uc_, memory.base().raw(), memory.size(), UC_PROT_NONE, memory.host());
  if (error == UC_ERR_OK && refused_hook_ == 0)
    error = uc_hook_add(uc_, &refused_hook_, UC_HOOK_MEM_INVALID, reinterpret_cast<void*>(&Hooks::refused), this, 1, 0);
  if (error == UC_ERR_OK) return {};
  return unexpected(Error{fmt::format("cannot add memory at {:#x}: {}", memory.base().raw(), uc_strerror(error))});
}

void UnicornCpu::leave_secure_state() {
  uc_arm_cp_reg scr = cp15({1, 1, 0, 0}, 1);
  scr.sec = 1;  // SCR has no other bank [armv7 B4.1.129]
  uc_reg_write(uc_, UC_ARM_REG_CP_REG, &scr);
}

std::string UnicornCpu::version() {
  unsigned major = 0;
  unsigned minor = 0;
  const unsigned packed = uc_version(&major, &minor);
  constexpr unsigned patch_shift = 8;  // uc_version: major, minor, patch, extra, a byte each
  return fmt::format("{}.{}.{}", major, minor, static_cast<std::uint8_t>(packed >> patch_shift));
}

}  // namespace lpaemu::emu
