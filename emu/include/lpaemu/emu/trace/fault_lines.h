// `--faults`: one line for each fault, with its instruction, its VMA and the PTE before and after.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lpaemu/emu/machine/code_reader.h"
#include "lpaemu/kernel_model/events.h"

namespace lpaemu::emu {

/// Gathers the events of a fault and hands over its line when the fault has returned.
class FaultLines final : public kernel::Observer {
 public:
  using Sink = std::function<void(std::string_view line)>;
  using NameOf = std::function<std::string(const kernel::vm_area& vma)>;

  /// `name_of` answers what maps calls a VMA of the running task.
  FaultLines(CodeReader& code, const kernel::Cpu& cpu, NameOf name_of, Sink sink)
      : code_{code}, cpu_{cpu}, name_of_{std::move(name_of)}, sink_{std::move(sink)} {}
  void on_event(const kernel::Event& event) override;

 private:
  struct Current {
    kernel::Event raised;
    std::string vma;
    std::optional<mmu::Pte> before;
    mmu::Pte after;
  };

  [[nodiscard]] std::string line_of(const Current& fault, kernel::Verdict verdict);

  CodeReader& code_;
  const kernel::Cpu& cpu_;
  NameOf name_of_;
  Sink sink_;
  std::optional<Current> current_;
  std::uint64_t count_ = 0;
};

/// "soft-dirty", "first-touch", "cow", ...: the names of docs/EVENTS.md.
[[nodiscard]] std::string_view verdict_name(kernel::Verdict verdict);

}  // namespace lpaemu::emu
