#include "user_vector.h"

#include <algorithm>

#include "common.h"

namespace lpaemu::kernel {
namespace {

constexpr std::uint32_t UIO_MAXIOV = 1024;  // [linux include/uapi/linux/uio.h]

}  // namespace

Result<UserVector> UserVector::single(VirtAddr base, std::uint32_t bytes) {
  if (!access_ok(base, bytes)) return unexpected(Errno::efault);
  UserVector vector;
  vector.size_ = std::min(bytes, MAX_RW_COUNT);
  vector.pieces_.push_back({base.raw(), static_cast<std::uint32_t>(vector.size_)});
  return vector;
}

Result<UserVector> UserVector::import(task_struct& task, VirtAddr array, std::uint32_t count) {
  if (count > UIO_MAXIOV) return unexpected(Errno::einval);
  UserVector vector;
  vector.pieces_.resize(count);
  if (copy_from_user(*task.mm, std::as_writable_bytes(std::span{vector.pieces_}), array) != 0)
    return unexpected(Errno::efault);
  for (abi::iovec& piece : vector.pieces_) {
    if (static_cast<std::int32_t>(piece.len) < 0) return unexpected(Errno::einval);
    if (!access_ok(VirtAddr{piece.base}, piece.len)) return unexpected(Errno::efault);
    piece.len = static_cast<std::uint32_t>(std::min<std::size_t>(piece.len, MAX_RW_COUNT - vector.size_));
    vector.size_ += piece.len;
  }
  return vector;
}

template <class Copy>
std::size_t UserVector::for_each_piece(std::size_t bytes, Copy copy) {
  std::size_t done = 0;
  while (done < bytes && index_ < pieces_.size()) {
    const abi::iovec& piece = pieces_[index_];
    const std::size_t part = std::min(bytes - done, piece.len - inside_);
    const std::size_t left = copy(done, part, VirtAddr{piece.base} + static_cast<std::uint32_t>(inside_));
    done += part - left;
    inside_ += part - left;
    if (left != 0) break;
    if (inside_ == piece.len) ++index_, inside_ = 0;
  }
  size_ -= done;
  return done;
}

std::size_t UserVector::copy_in(mm_struct& mm, std::span<std::byte> to) {
  return for_each_piece(to.size(), [&](std::size_t at, std::size_t bytes, VirtAddr user) {
    return copy_from_user(mm, to.subspan(at, bytes), user);
  });
}

std::size_t UserVector::copy_out(mm_struct& mm, std::span<const std::byte> from) {
  return for_each_piece(from.size(), [&](std::size_t at, std::size_t bytes, VirtAddr user) {
    return copy_to_user(mm, user, from.subspan(at, bytes));
  });
}

void UserVector::revert(std::size_t bytes) {
  size_ += bytes;
  while (bytes > inside_) {
    bytes -= inside_;
    --index_;
    inside_ = pieces_[index_].len;
  }
  inside_ -= bytes;
}

}  // namespace lpaemu::kernel
