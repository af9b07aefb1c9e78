// A CPU that remembers translations until told not to, and counts who told it. Header only.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lpaemu/kernel_model/cpu.h"
#include "lpaemu/mmu/walk.h"

namespace lpaemu::kernel::testing {

class FakeCpu final : public Cpu {
 public:
  /// A cached translation: valid until invalidated, whatever the tables say by now.
  struct TlbEntry {
    PhysAddr page;
    mmu::Permissions permissions;
    bool global;
  };

  [[nodiscard]] UserRegisters user_registers() const override { return registers; }
  void set_user_registers(const UserRegisters& r) override { registers = r; }
  [[nodiscard]] std::array<std::uint32_t, 8> system_call_registers() const override { return {}; }
  [[nodiscard]] VirtAddr pc() const override { return registers.pc(); }
  void set_r0(std::uint32_t value) override { registers.r[0] = value; }
  [[nodiscard]] VfpRegisters vfp_registers() const override { return {}; }
  void set_vfp_registers(const VfpRegisters& /*registers*/) override {}
  void set_tls(std::uint32_t /*value*/) override {}
  void set_ttbr0(mmu::Ttbr /*ttbr0*/) override {}
  void clear_exclusive_monitor() override {}

  void tlbimva(VirtAddr va, Asid asid) override {
    tlb_.erase({va.page(), asid});
    tlb_.erase({va.page(), global_});
    ++page_flushes;
  }
  void tlbiasid(Asid asid) override {
    std::erase_if(tlb_, [asid](const auto& entry) { return entry.first.second == asid; });
    ++asid_flushes;
  }
  void tlbiall() override {
    tlb_.clear();
    ++full_flushes;
  }
  void page_modified(Pfn pfn) override { modified.push_back(pfn); }

  /// What the TLB has for a page; it does not look at the tables.
  [[nodiscard]] std::optional<TlbEntry> cached(VirtAddr va, Asid asid) const {
    auto found = tlb_.find({va.page(), asid});
    if (found == tlb_.end()) found = tlb_.find({va.page(), global_});
    return found == tlb_.end() ? std::nullopt : std::optional{found->second};
  }
  void fill(VirtAddr va, Asid asid, const mmu::Translation& found) {
    const bool global = !mmu::leaf::nG.get(found.leaf);
    tlb_[{va.page(), global ? global_ : asid}] = {found.pa.page(), found.permissions, global};
  }

  UserRegisters registers;
  std::uint64_t page_flushes = 0;
  std::uint64_t asid_flushes = 0;
  std::uint64_t full_flushes = 0;
  std::vector<Pfn> modified;

 private:
  static constexpr Asid global_{0};  // Linux gives ASIDs from 1 on
  std::map<std::pair<VirtAddr, Asid>, TlbEntry> tlb_;
};

}  // namespace lpaemu::kernel::testing
