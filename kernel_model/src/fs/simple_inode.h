// Inodes that stand in memory from the start: the fixed parts of devfs, procfs and the empty root.
#pragma once

#include <map>

#include "lpaemu/kernel_model/fs/file.h"

namespace lpaemu::kernel {

/// A device number for a file system without a device. [linux fs/super.c:get_anon_bdev]
[[nodiscard]] std::uint64_t new_anonymous_dev();

/// A directory that takes no changes.
class StaticDir : public Inode {
 public:
  /// `magic`: what statfs says it is.
  StaticDir(const Stat& stat, std::uint32_t magic) : stat_{stat}, magic_{magic} { stat_.type = FileType::directory; }
  void add(std::string name, std::shared_ptr<Inode> inode) { entries_.emplace(std::move(name), std::move(inode)); }

  [[nodiscard]] Stat stat() override;
  [[nodiscard]] FileType type() override { return FileType::directory; }
  [[nodiscard]] StatFs statfs() override;
  [[nodiscard]] bool read_only() const override { return true; }
  [[nodiscard]] Result<std::shared_ptr<Inode>> lookup(std::string_view name) override;
  [[nodiscard]] Result<std::vector<DirEntry>> readdir() override;
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override;

 private:
  Stat stat_;
  std::uint32_t magic_;
  std::map<std::string, std::shared_ptr<Inode>, std::less<>> entries_;
};

class StaticSymlink : public Inode {
 public:
  StaticSymlink(const Stat& stat, std::string target);

  [[nodiscard]] Stat stat() override { return stat_; }
  [[nodiscard]] FileType type() override { return FileType::symlink; }
  [[nodiscard]] bool read_only() const override { return true; }
  [[nodiscard]] Result<std::string> readlink() override { return target_; }
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override;

 private:
  Stat stat_;
  std::string target_;
};

}  // namespace lpaemu::kernel
