// The third judge of mmu::walk: the table walker inside the engine, asked by loads, stores and fetches on random
// tables.
#include "lpaemu/emu/engine/engine_walker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "lpaemu/mmu/print.h"
#include "lpaemu/mmu/testing/random_tables.h"

namespace lpaemu::emu {
namespace {

using namespace mmu;
using Outcome = EngineWalker::Outcome;

/// A case is an address, under some registers and tables: six accesses to it and four PAR operations. Every other case
/// is the one before with one bit flipped in a descriptor on the way; flips stay. Registers serve 64 cases at most, a
/// filling of the tables 128: a million cases are about 10,000 fillings, not a million.
unsigned cases_wanted() {
#ifdef __SANITIZE_ADDRESS__
  constexpr unsigned in_a_test_run = 50'000;  // the sanitizers make each twenty times as slow
#else
  constexpr unsigned in_a_test_run = 1'000'000;
#endif
  const char* text = std::getenv("LPAEMU_WALK_CASES");
  return text == nullptr ? in_a_test_run : static_cast<unsigned>(std::strtoul(text, nullptr, 0));
}
constexpr unsigned register_sets_each = 2;  // of a filling
constexpr unsigned addresses_each = 32;     // of a register set: two cases each, but one where no descriptor is read

/// Where the two judges are known to differ, and why. Each is counted, and what remains is compared.
enum Exclusion : unsigned {
  /// The engine takes TTBR[47:40] for bits of the table's address. They should be zero in ARMv7, which has 40 address
  /// bits; we ignore them [lpae-mmu M-12]. The engine gets them as zero.
  ttbr_47_40,
  /// The engine reads code with its bytes reversed where SCTLR[7] is 1. The bit, B, is always 0 in ARMv7, which has no
  /// BE-32 [lpae-mmu 6]; it has no effect on ours. The engine gets it as 0.
  sctlr_b,
  /// The engine overwrites the external abort of a descriptor read with a translation fault of the same level. The
  /// status codes of section 7.1 have a row for each level of the abort: the engine is wrong. [lpae-mmu 7.1, M-49]
  abort_on_walk,
  /// The engine ORs the address bits of a block's descriptor below the size of the block into the output address. They
  /// should be zero; we ignore them. [lpae-mmu M-15]
  block_low_bits,
  /// The engine's PAR has the descriptor's SH for Device and Strongly-ordered memory, ours always outer shareable.
  /// The rule is not verified; the engine gives no proof either way. [lpae-mmu M-26]
  device_sh,
  /// The address leads to a page that the engine itself needs. The case is left out.
  own_page,
  exclusions
};

/// The engine's PAR has NS = 1 in Non-secure state, where it has no meaning; ours is what a Secure look-up gives. Never
/// compared. [lpae-mmu M-47]
Par without_ns(Par par) { return PAR::F.get(par) ? par : PAR::NS.with(par, false); }

constexpr std::array accesses{Access::read, Access::write, Access::execute};
constexpr std::array privileges{Privilege::pl0, Privilege::pl1};
constexpr std::array operations{AddressTranslation::ATS1CPR, AddressTranslation::ATS1CPW, AddressTranslation::ATS1CUR,
                                AddressTranslation::ATS1CUW};

/// Memory in pieces that are GuestRam each, so that the engine can map them.
class Pieces final : public PhysicalMemory {
 public:
  void add(PhysAddr base, std::uint32_t pages) {
    pieces_.push_back(GuestRam::reserve(base, std::uint64_t{pages} * PAGE_SIZE).value());
  }
  [[nodiscard]] const std::vector<std::unique_ptr<GuestRam>>& all() const { return pieces_; }
  [[nodiscard]] std::vector<PhysAddr> pages() const {
    std::vector<PhysAddr> list;
    for (const auto& piece : pieces_)
      for (std::uint64_t at = 0; at < piece->size(); at += PAGE_SIZE) list.push_back(piece->base() + at);
    return list;
  }

  [[nodiscard]] std::optional<std::uint64_t> read64(PhysAddr pa) const override {
    const GuestRam* piece = of(pa);
    return piece == nullptr ? std::nullopt : piece->read64(pa);
  }
  [[nodiscard]] bool write64(PhysAddr pa, std::uint64_t value) override {
    GuestRam* piece = of(pa);
    return piece != nullptr && piece->write64(pa, value);
  }
  [[nodiscard]] std::span<std::byte> page(PhysAddr pa) override {
    GuestRam* piece = of(pa);
    return piece == nullptr ? std::span<std::byte>{} : piece->page(pa);
  }
  [[nodiscard]] std::span<const std::uint64_t> table(PhysAddr pa) const override {
    const GuestRam* piece = of(pa);
    return piece == nullptr ? std::span<const std::uint64_t>{} : piece->table(pa);
  }

 private:
  [[nodiscard]] GuestRam* of(PhysAddr pa) const {
    for (const auto& piece : pieces_)
      if (piece->contains(pa)) return piece.get();
    return nullptr;
  }

  std::vector<std::unique_ptr<GuestRam>> pieces_;
};

/// The descriptors that a walk read.
class Steps final : public WalkObserver {
 public:
  void on_step(const WalkStep& step) override { all.push_back(step); }
  std::vector<WalkStep> all;
};

struct Outcomes {
  std::array<std::array<Outcome, 3>, 2> accesses;  // by privilege and access
  std::array<Par, 4> pars;
  friend bool operator==(const Outcomes&, const Outcomes&) = default;
};

class Judgement {
 public:
  Judgement() {
    memory_.add(GuestRam::default_base, 24);
    for (const std::uint64_t lone : {0x0ULL, 0x8000'0000ULL, 0xff'bfff'f000ULL}) memory_.add(PhysAddr{lone}, 1);
    engine_ = EngineWalker::create(memory_.all()).value();
  }

  void run(unsigned wanted) {
    std::mt19937_64 random{1};
    while (cases_ < wanted) {
      testing::RandomTables tables{random, memory_, memory_.pages()};
      for (unsigned i = 0; i < register_sets_each && cases_ < wanted; ++i) {
        set_registers(testing::random_registers(random, tables));
        for (unsigned n = 0; n < addresses_each; ++n) {
          const VirtAddr va{testing::random_address(random, registers_.ttbcr).raw() & ~3U};
          const std::uint64_t choice = random();
          judge(va);
          if (steps_.all.empty()) continue;
          tables.flip(steps_.all[choice % steps_.all.size()].entry, choice >> 32 & 63);
          judge(va);
        }
      }
    }
  }

  [[nodiscard]] unsigned cases() const { return cases_; }
  [[nodiscard]] unsigned excluded(Exclusion what) const { return excluded_[what]; }

  /// Each kind of fault at each level, and translations of each size, must have been seen, by each access at each
  /// privilege that they can occur with.
  void require_at_least(unsigned wanted) const {
    for (const Privilege privilege : privileges) {
      for (const Access access : accesses) {
        const auto& row = seen_[static_cast<unsigned>(privilege)][static_cast<unsigned>(access)];
        for (unsigned level = 0; level <= last_level; ++level) {
          INFO(to_string(access) << " at PL" << static_cast<int>(privilege) << ", level " << level);
          CHECK(row.mapped[level] >= wanted);
          if (level == 0) continue;
          CHECK(row.faults[fault_status(FaultKind::translation, level)] >= wanted);
          CHECK(row.faults[fault_status(FaultKind::access_flag, level)] >= wanted);
          const bool never = access == Access::read && privilege == Privilege::pl1;  // PL1 may always read
          CHECK((row.faults[fault_status(FaultKind::permission, level)] >= wanted) != never);
        }
      }
    }
  }

 private:
  struct Seen {
    std::array<unsigned, last_level + 1> mapped{};
    std::array<unsigned, 64> faults{};
  };

  void set_registers(TranslationRegisters registers) {
    constexpr std::uint64_t bits_47_40 = 0xffULL << 40;
    registers_ = registers;
    regime_ = Regime{registers};
    for (Ttbr* ttbr : {&registers.ttbr0, &registers.ttbr1}) {
      if ((ttbr->raw() & bits_47_40) != 0) ++excluded_[ttbr_47_40];
      *ttbr = Ttbr{ttbr->raw() & ~bits_47_40};
    }
    if (SCTLR::B.get(registers.sctlr)) ++excluded_[sctlr_b];
    registers.sctlr = SCTLR::B.with(registers.sctlr, false);
    engine_->set_registers(registers);
  }

  void judge(VirtAddr va) {
    if (leads_to_own_page(va)) {
      ++excluded_[own_page];
      return;
    }
    ++cases_;
    const Outcomes expected = expected_outcomes(va);
    const Outcomes found = engine_outcomes(va);
    if (expected != found) FAIL(difference(va, expected, found));
  }

  /// To a page or a table there.
  [[nodiscard]] bool leads_to_own_page(VirtAddr va) {
    steps_.all.clear();
    const auto found = walk(memory_, regime_, va, Access::read, Privilege::pl1, &steps_);
    if (found) return EngineWalker::is_own(with_low_bits_of_leaf(found->pa));
    return std::ranges::any_of(steps_.all, [](const WalkStep& step) {
      return kind_of(step.descriptor, step.level) == Kind::table && EngineWalker::is_own(next_table(step.descriptor));
    });
  }

  /// What our walk says, as the engine reports it.
  Outcomes expected_outcomes(VirtAddr va) {
    Outcomes outcomes{};
    for (const Privilege privilege : privileges) {
      for (const Access access : accesses) {
        steps_.all.clear();
        const auto found = walk(memory_, regime_, va, access, privilege, &steps_);
        Outcome& outcome = outcomes.accesses[static_cast<unsigned>(privilege)][static_cast<unsigned>(access)];
        Seen& seen = seen_[static_cast<unsigned>(privilege)][static_cast<unsigned>(access)];
        if (found) {
          ++seen.mapped[found->level];
          outcome = {with_low_bits_of_leaf(found->pa), 0, false};
        } else {
          outcome = {std::nullopt, status_of(found.error()), access == Access::write};
          ++seen.faults[outcome.status];
        }
      }
    }
    for (unsigned i = 0; i < operations.size(); ++i) {
      const auto par = translate_address(memory_, regime_, va, operations[i]);
      outcomes.pars[i] = !par ? par_of_abort(par.error()) : PAR::F.get(*par) ? *par : as_the_engine_has_it(*par);
    }
    return outcomes;
  }

  unsigned status_of(const Fault& fault) {
    if (fault.kind != FaultKind::external_abort_on_walk) return fault_status(fault.kind, fault.level);
    ++excluded_[abort_on_walk];
    return fault_status(FaultKind::translation, fault.level);
  }
  Par par_of_abort(const Fault& fault) {
    return PAR_FAULT::F.with(PAR_FAULT::LPAE.with(PAR_FAULT::FST.with(Par{}, status_of(fault)), true), true);
  }
  [[nodiscard]] Descriptor last_descriptor() const {
    return regime_.mmu_enabled() ? steps_.all.back().descriptor : Descriptor{};
  }
  PhysAddr with_low_bits_of_leaf(PhysAddr pa) {
    if (!regime_.mmu_enabled()) return pa;
    const unsigned level = steps_.all.back().level;
    const std::uint64_t in_block = (std::uint64_t{1} << level_shift(level)) - 1;
    const PhysAddr low = PhysAddr{PhysAddr{leaf::OA.get(last_descriptor())}.raw() & in_block};
    if (low != PhysAddr{}) ++excluded_[block_low_bits];
    return PhysAddr{pa.raw() | low.raw()};
  }
  /// The PAR of a success.
  Par as_the_engine_has_it(Par par) {
    par = PAR::PA.with(par, with_low_bits_of_leaf(PhysAddr{PAR::PA.get(par)}).pfn());
    const Sh sh = leaf::SH.get(last_descriptor());
    if (PAR::SH.get(par) != sh) {
      const MemoryType type = regime_.memory_type_of(last_descriptor());
      REQUIRE((type == MemoryType::device || type == MemoryType::strongly_ordered));
      ++excluded_[device_sh];
    }
    return without_ns(PAR::SH.with(par, sh));
  }

  Outcomes engine_outcomes(VirtAddr va) {
    Outcomes outcomes{};
    for (const Privilege privilege : privileges)
      for (const Access access : accesses)
        outcomes.accesses[static_cast<unsigned>(privilege)][static_cast<unsigned>(access)] =
            engine_->access(va, access, privilege);
    for (unsigned i = 0; i < operations.size(); ++i)
      outcomes.pars[i] = without_ns(engine_->translate(va, operations[i]));
    return outcomes;
  }

  [[nodiscard]] std::string difference(VirtAddr va, const Outcomes& ours, const Outcomes& theirs) const {
    std::string text = fmt::format(
        "case {}, {:#010x}: TTBCR {:#010x}\nTTBR0 {:#018x} TTBR1 {:#018x}\nMAIR {:#018x} SCTLR {:#010x}\n"
        "{:>13}{:>22}{:>22}\n",
        cases_, va.raw(), registers_.ttbcr.raw(), registers_.ttbr0.raw(), registers_.ttbr1.raw(), registers_.mair.raw(),
        registers_.sctlr.raw(), "", "walk", "engine");
    const auto row = [&text](const std::string& name, const std::string& a, const std::string& b) {
      text += fmt::format("{:>13}{:>22}{:>22}{}\n", name, a, b, a == b ? "" : "  <--");
    };
    const auto words = [](const Outcome& o) {
      return o.pa ? to_string(*o.pa) : fmt::format("status {:#04x}{}", o.status, o.write ? ", a write" : "");
    };
    for (unsigned p = 0; p < privileges.size(); ++p)
      for (unsigned a = 0; a < accesses.size(); ++a)
        row(fmt::format("{}, PL{}", to_string(accesses[a]), p), words(ours.accesses[p][a]),
            words(theirs.accesses[p][a]));
    for (unsigned i = 0; i < operations.size(); ++i)
      row(fmt::format("PAR, ATS1C {}", i), fmt::format("{:#018x}", ours.pars[i].raw()),
          fmt::format("{:#018x}", theirs.pars[i].raw()));
    for (const WalkStep& step : steps_.all)
      text += fmt::format("  level {}, {:#x}: {:#018x}\n", step.level, step.entry.raw(), step.descriptor.raw());
    return text;
  }

  Pieces memory_;
  std::unique_ptr<EngineWalker> engine_;
  TranslationRegisters registers_{};
  Regime regime_{TranslationRegisters{}};
  Steps steps_;
  unsigned cases_ = 0;
  std::array<unsigned, exclusions> excluded_{};
  std::array<std::array<Seen, 3>, 2> seen_{};
};

}  // namespace

TEST_CASE("random walks end as the engine's own walker does",
          "[engine][walk][differential][M-4][M-7][M-8][M-9][M-10][M-12][M-13][M-14][M-15][M-17][M-18][M-19][M-20]"
          "[M-21][M-22][M-23][M-28][M-30][M-32][M-34][M-35][M-42][M-46][M-47][M-48]") {
  Judgement judgement;
  const unsigned wanted = cases_wanted();
  judgement.run(wanted);
  CHECK(judgement.cases() >= wanted);
  judgement.require_at_least(wanted / 1000);
  for (const Exclusion exclusion : {ttbr_47_40, sctlr_b, abort_on_walk, block_low_bits, device_sh})
    CHECK(judgement.excluded(exclusion) > 0);
}

}  // namespace lpaemu::emu
