// Calls on real files, as a test compares them with the model's. Flags are ARM's, results are errno numbers: this
// header must not meet the C library's, whose macros have the same names as the kernel model's constants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lpaemu::emu::testing {

struct RealStat {
  char type = '?';  // as ls shows it: - d l
  std::uint32_t mode = 0, nlink = 0, uid = 0, gid = 0;
  std::uint64_t size = 0;
};

/// A directory of the real system; paths are relative to it. Every call answers 0 or an errno.
class RealFiles {
 public:
  /// A fresh directory below `parent`.
  explicit RealFiles(const std::string& parent);
  RealFiles(const RealFiles&) = delete;
  RealFiles& operator=(const RealFiles&) = delete;
  ~RealFiles();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool is_tmpfs() const;

  int open(const std::string& path, std::uint32_t arm_flags, std::uint32_t mode, int& fd);
  static void close(int fd);
  static int pread(int fd, std::uint64_t offset, std::size_t count, std::string& data);
  static int pwrite(int fd, std::uint64_t offset, const std::string& data, std::size_t& count);
  static int ftruncate(int fd, std::uint64_t size);
  static int fstat(int fd, RealStat& stat);

  int mkdir(const std::string& path, std::uint32_t mode);
  int rmdir(const std::string& path);
  int unlink(const std::string& path);
  int rename(const std::string& from, const std::string& to);
  int link(const std::string& from, const std::string& to);
  int symlink(const std::string& target, const std::string& path);
  int readlink(const std::string& path, std::string& target);
  int stat(const std::string& path, bool follow, RealStat& stat);
  int chmod(const std::string& path, std::uint32_t mode);
  int truncate(const std::string& path, std::uint64_t size);
  int list(const std::string& path, std::vector<std::string>& names);

  // For tests of escapes.
  int mkfifo(const std::string& path);
  void write(const std::string& path, const std::string& text);
  [[nodiscard]] std::string read(const std::string& path);

 private:
  std::string path_;
  int dir_;
};

/// While it lives, calls are made as another user: needs root.
class AsUser {
 public:
  explicit AsUser(std::uint32_t uid);
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;
  ~AsUser();
};

[[nodiscard]] std::uint32_t own_uid();
[[nodiscard]] std::uint32_t own_gid();
/// Links to files of others are refused by the system's settings.
[[nodiscard]] bool hard_links_are_protected();

}  // namespace lpaemu::emu::testing
