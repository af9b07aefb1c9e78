// System calls as text, one line a call, as strace(1) writes them.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/kernel_model/kernel.h"

namespace lpaemu::kernel {

/// Hand it to Kernel::set_tracer. It reads user memory without faulting anything in: what is not there is shown as an
/// address.
class Strace final : public SyscallTracer {
 public:
  /// `sink` gets each line when the call has returned, without a newline: `close(3) = 0`.
  using Sink = std::function<void(std::string_view line)>;
  explicit Strace(Sink sink) : sink_{std::move(sink)} {}

  void on_enter(task_struct& task, std::uint32_t number, const std::array<std::uint32_t, 7>& args) override;
  void on_return(task_struct& task, std::uint32_t number, const std::array<std::uint32_t, 7>& args,
                 std::uint32_t r0) override;
  void on_no_return(task_struct& task, std::uint32_t number, const std::array<std::uint32_t, 7>& args) override;

 private:
  Sink sink_;
  std::vector<std::string> entered_;  // arguments as they were before the call; empty: shown after it
};

}  // namespace lpaemu::kernel
