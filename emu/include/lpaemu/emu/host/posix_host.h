// The Host port on a POSIX system: clocks, entropy, descriptors 0, 1 and 2, waiting.
#pragma once

#include <array>
#include <atomic>

#include "lpaemu/emu/host/unique_fd.h"
#include "lpaemu/kernel_model/host.h"

namespace lpaemu::emu {

/// Shares the terminal and the streams with other programs: never changes a terminal's mode or O_NONBLOCK, and asks
/// before it reads or writes instead, so that no guest can make lpaemu itself hang.
class PosixHost final : public kernel::Host {
 public:
  PosixHost();

  [[nodiscard]] kernel::Nanoseconds realtime() override;
  [[nodiscard]] kernel::Nanoseconds monotonic() override;
  [[nodiscard]] kernel::Nanoseconds cpu_time() override;
  void fill_random(std::span<std::byte> buffer) override;

  [[nodiscard]] kernel::StreamInfo stream_info(kernel::Stream stream) override;
  [[nodiscard]] bool stream_ready(kernel::Stream stream) override;
  /// EAGAIN when it would wait after all: another reader was faster.
  [[nodiscard]] kernel::Result<std::size_t> stream_read(std::span<std::byte> buffer) override;
  /// As much as can be written without waiting; EAGAIN when that is nothing.
  [[nodiscard]] kernel::Result<std::size_t> stream_write(kernel::Stream stream,
                                                         std::span<const std::byte> data) override;
  [[nodiscard]] kernel::Result<std::uint64_t> stream_seek(kernel::Stream stream, std::int64_t offset,
                                                          int whence) override;

  [[nodiscard]] Wake wait(bool for_input, std::optional<kernel::Nanoseconds> deadline) override;

  /// Makes the current wait, and every later one, answer `interrupted`. Async-signal-safe; any thread may call it.
  void interrupt() noexcept;
  /// Waits work again, for a guest that goes on after an interrupt.
  void clear_interrupt() noexcept;
  [[nodiscard]] bool interrupted() const noexcept override { return interrupted_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] kernel::StreamInfo describe(kernel::Stream stream) const;

  std::array<kernel::StreamInfo, 3> kinds_;  // what the streams are does not change
  UniqueFd wake_;                            // an eventfd that stays readable once interrupted
  std::atomic<bool> interrupted_ = false;
};

}  // namespace lpaemu::emu
