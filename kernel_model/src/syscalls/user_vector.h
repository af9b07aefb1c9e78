// A list of pieces of user memory, as readv and writev get it; read and write have one piece.
#pragma once

#include <span>
#include <vector>

#include "abi.h"
#include "lpaemu/kernel_model/errno.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

class UserVector {
 public:
  /// One buffer: EFAULT when it reaches beyond TASK_SIZE. [linux lib/iov_iter.c:import_ubuf]
  [[nodiscard]] static Result<UserVector> single(VirtAddr base, std::uint32_t bytes);
  /// An array of iovec: EINVAL (too many, a negative length), EFAULT. [linux lib/iov_iter.c:__import_iovec]
  [[nodiscard]] static Result<UserVector> import(task_struct& task, VirtAddr array, std::uint32_t count);

  /// Bytes left, at most MAX_RW_COUNT.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// How many bytes were copied, and the vector is that much shorter: fewer than asked when memory is not accessible.
  [[nodiscard]] std::size_t copy_in(mm_struct& mm, std::span<std::byte> to);
  [[nodiscard]] std::size_t copy_out(mm_struct& mm, std::span<const std::byte> from);
  /// Takes back the last `bytes` bytes that a copy consumed. Requires: so many were consumed.
  void revert(std::size_t bytes);

 private:
  template <class Copy>
  std::size_t for_each_piece(std::size_t bytes, Copy copy);

  std::vector<abi::iovec> pieces_;
  std::size_t index_ = 0;   // of the piece that is under way
  std::size_t inside_ = 0;  // bytes of it that are done
  std::size_t size_ = 0;
};

}  // namespace lpaemu::kernel
