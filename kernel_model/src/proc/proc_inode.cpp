#include "proc_inode.h"

#include <algorithm>

#include "fs/magic.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

namespace {

class ProcTextFile final : public File {
 public:
  ProcTextFile(std::shared_ptr<Inode> inode, std::uint32_t flags, std::shared_ptr<ProcFs> fs, std::int32_t opener_tgid,
               const ProcText::Show& show, const ProcText::Store& store)
      : File{std::move(inode), flags}, fs_{std::move(fs)}, opener_tgid_{opener_tgid}, show_{show}, store_{store} {}
  ~ProcTextFile() override {
    if (fs_->text_reader == this) forget_text();
  }

  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> buffer, std::uint64_t offset) override {
    if (!show_) return unexpected(Errno::einval);
    if (offset == 0 || fs_->text_reader != this) {
      forget_text();
      LPAEMU_TRY(text, show_());
      fs_->text = std::move(text);
      fs_->text_reader = this;
    }
    const std::string& text = fs_->text;
    if (offset >= text.size()) {
      forget_text();
      return 0;
    }
    const std::size_t count = std::min(buffer.size(), text.size() - static_cast<std::size_t>(offset));
    std::ranges::copy(std::as_bytes(std::span{text}).subspan(static_cast<std::size_t>(offset), count), buffer.begin());
    return count;
  }

  [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> data, std::uint64_t) override {
    if (!store_) return unexpected(Errno::einval);
    std::string text(data.size(), '\0');
    std::ranges::copy(data, std::as_writable_bytes(std::span{text}).begin());
    return store_(opener_tgid_, text);
  }

  [[nodiscard]] bool has_end() const override { return false; }  // [linux fs/seq_file.c:seq_lseek]

 private:
  void forget_text() {
    fs_->text_reader = nullptr;
    fs_->text = {};
  }

  std::shared_ptr<ProcFs> fs_;
  std::int32_t opener_tgid_;
  ProcText::Show show_;
  ProcText::Store store_;
};

}  // namespace

Result<task_struct*> ProcTask::find() const {
  task_struct* task = fs->tasks.find(tid);
  if (!task) return unexpected(Errno::esrch);
  return task;
}

Result<task_struct*> ProcTask::find_for(const task_struct& reader) const {
  LPAEMU_TRY(task, find());
  if (reader.uid != 0 && (reader.uid != task->uid || reader.gid != task->gid)) return unexpected(Errno::eacces);
  return task;
}

StatFs ProcInode::statfs() {
  StatFs answer;
  answer.type = PROC_SUPER_MAGIC;
  return answer;
}

Result<std::shared_ptr<Inode>> ProcInode::create(std::string_view, std::uint32_t) { return unexpected(Errno::enoent); }
Result<std::shared_ptr<Inode>> ProcInode::mkdir(std::string_view, std::uint32_t) { return unexpected(Errno::enoent); }
Result<void> ProcInode::symlink(std::string_view, std::string_view) { return unexpected(Errno::enoent); }
Result<void> ProcInode::link(std::string_view, Inode&) { return unexpected(Errno::enoent); }
Result<void> ProcInode::unlink(std::string_view) { return unexpected(Errno::eperm); }
Result<void> ProcInode::rmdir(std::string_view) { return unexpected(Errno::eperm); }
Result<void> ProcInode::rename(std::string_view, Inode&, std::string_view) { return unexpected(Errno::eperm); }
Result<void> ProcInode::truncate(std::uint64_t) { return {}; }  // so that `> file` works

Result<std::shared_ptr<File>> ProcInode::open(task_struct&, std::uint32_t flags) {
  return std::make_shared<File>(shared_from_this(), flags);
}

Result<std::shared_ptr<File>> ProcText::open(task_struct& opener, std::uint32_t flags) {
  if (check_) LPAEMU_TRY_VOID(check_(opener));
  return std::make_shared<ProcTextFile>(shared_from_this(), flags, fs(), opener.tgid, show_, store_);
}

Result<std::string> ProcLink::readlink() {
  LPAEMU_TRY(target, get_(nullptr));
  return std::move(target.text);
}

Result<LinkTarget> ProcLink::get_link(task_struct& reader) { return get_(&reader); }

Result<std::shared_ptr<Inode>> ProcDir::lookup(std::string_view name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return unexpected(Errno::enoent);
  return found->second;
}

Result<std::vector<DirEntry>> ProcDir::readdir() {
  std::vector<DirEntry> entries;
  entries.reserve(entries_.size());
  for (const auto& [name, inode] : entries_) entries.push_back(DirEntry{name, inode->type(), inode->stat().ino});
  return entries;
}

Stat proc_stat(ProcFs& fs, FileType type, std::uint32_t mode) {
  Stat stat;
  stat.type = type;
  stat.mode = mode;
  stat.dev = fs.dev;
  stat.ino = ++fs.last_ino;
  stat.nlink = type == FileType::directory ? 2 : 1;
  stat.blksize = 1024;
  stat.atime_ns = stat.mtime_ns = stat.ctime_ns = fs.host.realtime().count();
  return stat;
}

}  // namespace lpaemu::kernel
