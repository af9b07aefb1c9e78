// /proc/PID/mem: the memory of a process as a file. [linux fs/proc/base.c:mem_rw]
#include <limits>

#include "lpaemu/kernel_model/mm/uaccess.h"
#include "lpaemu/kernel_model/task/task.h"
#include "pid_dir.h"

namespace lpaemu::kernel {

namespace {

// Pretend: the access is the kernel's own in that address space. Linux's has FOLL_FORCE and also writes what the
// process itself may only read, by making a private copy.
class MemFile final : public File {
 public:
  MemFile(std::shared_ptr<Inode> inode, std::uint32_t flags, const std::shared_ptr<mm_struct>& mm)
      : File{std::move(inode), flags}, mm_{mm} {}

  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> buffer, std::uint64_t offset) override {
    return transfer(buffer.size(), offset, [&](mm_struct& mm, VirtAddr at) { return copy_from_user(mm, buffer, at); });
  }
  [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> data, std::uint64_t offset) override {
    return transfer(data.size(), offset, [&](mm_struct& mm, VirtAddr at) { return copy_to_user(mm, at, data); });
  }
  [[nodiscard]] bool has_end() const override { return false; }  // [linux fs/proc/base.c:mem_lseek]

 private:
  /// `copy` answers how many bytes it did not copy.
  template <class Copy>
  Result<std::size_t> transfer(std::size_t count, std::uint64_t offset, const Copy& copy) {
    const std::shared_ptr<mm_struct> mm = mm_.lock();
    if (!mm || count == 0) return 0;  // the process has ended
    if (offset > std::numeric_limits<std::uint32_t>::max()) return unexpected(Errno::eio);
    const std::size_t done = count - copy(*mm, VirtAddr{static_cast<std::uint32_t>(offset)});
    if (done == 0) return unexpected(Errno::eio);
    return done;
  }

  std::weak_ptr<mm_struct> mm_;
};

class MemInode final : public ProcInode {
 public:
  MemInode(const ProcTask& task, const Stat& stat) : ProcInode{task.fs, stat}, task_{task} {}

  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override {
    LPAEMU_TRY(task, task_.find_for(opener));
    return std::make_shared<MemFile>(shared_from_this(), flags, task->mm);
  }

 private:
  ProcTask task_;
};

}  // namespace

std::shared_ptr<Inode> make_pid_mem(const ProcTask& task, const Stat& stat) {
  return std::make_shared<MemInode>(task, stat);
}

}  // namespace lpaemu::kernel
