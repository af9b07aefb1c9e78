// A CPU that is its registers and a TLB. The TLB keeps translations as long as the architecture allows, and counts who
// told it not to. Header only.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "lpaemu/kernel_model/cpu.h"
#include "lpaemu/mmu/tlb.h"

namespace lpaemu::kernel::testing {

class FakeCpu final : public Cpu {
 public:
  [[nodiscard]] UserRegisters user_registers() const override { return registers; }
  void set_user_registers(const UserRegisters& r) override { registers = r; }
  [[nodiscard]] std::array<std::uint32_t, 8> system_call_registers() const override {
    std::array<std::uint32_t, 8> low{};
    std::copy_n(registers.r.begin(), low.size(), low.begin());
    return low;
  }
  [[nodiscard]] VirtAddr pc() const override { return registers.pc(); }
  void set_r0(std::uint32_t value) override { registers.r[0] = value; }
  [[nodiscard]] VfpRegisters vfp_registers() const override { return vfp; }
  void set_vfp_registers(const VfpRegisters& r) override { vfp = r; }
  void set_tls(std::uint32_t value) override { tls = value; }
  void set_ttbr0(mmu::Ttbr value) override { ttbr0 = value; }
  void clear_exclusive_monitor() override {}

  void tlbimva(VirtAddr va, Asid asid) override {
    ++page_flushes;
    invalidate(mmu::Tlbi::TLBIMVA, mmu::tlbi_rt(va, asid));
  }
  void tlbiasid(Asid asid) override {
    ++asid_flushes;
    invalidate(mmu::Tlbi::TLBIASID, mmu::tlbi_rt(asid));
  }
  void tlbiall() override {
    ++full_flushes;
    invalidate(mmu::Tlbi::TLBIALL, mmu::TlbiOperand{});
  }
  void page_modified(Pfn pfn) override { modified.push_back(pfn); }

  [[nodiscard]] mmu::Tlb& tlb() { return tlb_; }
  /// What the TLB has for loads and stores of a page; it does not look at the tables.
  [[nodiscard]] std::optional<mmu::TlbEntry> cached(VirtAddr va, Asid asid) const {
    const auto hits = tlb_.hits(va, asid, mmu::Access::read);
    return hits.empty() ? std::nullopt : std::optional{hits.front()};
  }

  /// How many TLBI there were, those that were lost included.
  [[nodiscard]] std::uint64_t flushes() const { return page_flushes + asid_flushes + full_flushes; }
  /// The `number`-th TLBI from now on, the next one being 0, does nothing: as if the kernel had left it out.
  void lose_tlbi(std::uint64_t number = 0) { lost_ = flushes() + number + 1; }

  UserRegisters registers;
  VfpRegisters vfp;
  std::uint32_t tls = 0xdeadbeef;
  mmu::Ttbr ttbr0;
  std::uint64_t page_flushes = 0;
  std::uint64_t asid_flushes = 0;
  std::uint64_t full_flushes = 0;
  std::vector<Pfn> modified;

 private:
  void invalidate(mmu::Tlbi operation, mmu::TlbiOperand rt) {
    if (flushes() != lost_) tlb_.invalidate(operation, rt);
  }

  mmu::Tlb tlb_;
  std::uint64_t lost_ = 0;  // none: they are counted from 1
};

}  // namespace lpaemu::kernel::testing
