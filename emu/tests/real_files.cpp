#include "real_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace lpaemu::emu::testing {

namespace {

int result_of(long result) { return result < 0 ? errno : 0; }

struct FlagPair {
  std::uint32_t arm;
  int here;
};
// [linux arch/arm/include/uapi/asm/fcntl.h]
constexpr FlagPair flag_pairs[] = {{0100, O_CREAT},       {0200, O_EXCL},        {01000, O_TRUNC},   {02000, O_APPEND},
                                   {040000, O_DIRECTORY}, {0100000, O_NOFOLLOW}, {010000000, O_PATH}};

int flags_here(std::uint32_t arm) {
  int flags = static_cast<int>(arm & 3) | O_CLOEXEC;
  for (const FlagPair& pair : flag_pairs) {
    if ((arm & pair.arm) != 0) flags |= pair.here;
  }
  return flags;
}

RealStat to_real_stat(const struct stat& stat) {
  RealStat out;
  out.type = S_ISDIR(stat.st_mode) ? 'd' : S_ISLNK(stat.st_mode) ? 'l' : S_ISREG(stat.st_mode) ? '-' : '?';
  out.mode = stat.st_mode & 07777;
  out.nlink = static_cast<std::uint32_t>(stat.st_nlink);
  out.uid = stat.st_uid;
  out.gid = stat.st_gid;
  out.size = static_cast<std::uint64_t>(stat.st_size);
  return out;
}

}  // namespace

RealFiles::RealFiles(const std::string& parent) {
  std::string name = parent + "/lpaemu-test-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
  ::chmod(path_.c_str(), 0777);
  dir_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir_ < 0) std::abort();
}

RealFiles::~RealFiles() {
  ::close(dir_);
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bool RealFiles::is_tmpfs() const {
  struct statfs facts{};
  return ::fstatfs(dir_, &facts) == 0 && facts.f_type == TMPFS_MAGIC;
}

int RealFiles::open(const std::string& path, std::uint32_t arm_flags, std::uint32_t mode, int& fd) {
  fd = ::openat(dir_, path.c_str(), flags_here(arm_flags), mode);
  return result_of(fd);
}

void RealFiles::close(int fd) { ::close(fd); }

int RealFiles::pread(int fd, std::uint64_t offset, std::size_t count, std::string& data) {
  data.resize(count);
  const ssize_t got = ::pread(fd, data.data(), count, static_cast<off_t>(offset));
  const int error = result_of(got);
  data.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return error;
}

int RealFiles::pwrite(int fd, std::uint64_t offset, const std::string& data, std::size_t& count) {
  const ssize_t put = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
  count = put < 0 ? 0 : static_cast<std::size_t>(put);
  return result_of(put);
}

int RealFiles::ftruncate(int fd, std::uint64_t size) { return result_of(::ftruncate(fd, static_cast<off_t>(size))); }

int RealFiles::fstat(int fd, RealStat& stat) {
  struct stat real{};
  const int error = result_of(::fstat(fd, &real));
  stat = to_real_stat(real);
  return error;
}

int RealFiles::mkdir(const std::string& path, std::uint32_t mode) {
  return result_of(::mkdirat(dir_, path.c_str(), mode));
}
int RealFiles::rmdir(const std::string& path) { return result_of(::unlinkat(dir_, path.c_str(), AT_REMOVEDIR)); }
int RealFiles::unlink(const std::string& path) { return result_of(::unlinkat(dir_, path.c_str(), 0)); }
int RealFiles::rename(const std::string& from, const std::string& to) {
  return result_of(::renameat(dir_, from.c_str(), dir_, to.c_str()));
}
int RealFiles::link(const std::string& from, const std::string& to) {
  return result_of(::linkat(dir_, from.c_str(), dir_, to.c_str(), 0));
}
int RealFiles::symlink(const std::string& target, const std::string& path) {
  return result_of(::symlinkat(target.c_str(), dir_, path.c_str()));
}

int RealFiles::readlink(const std::string& path, std::string& target) {
  std::array<char, 4096> buffer;
  const ssize_t length = ::readlinkat(dir_, path.c_str(), buffer.data(), buffer.size());
  const int error = result_of(length);
  target.assign(buffer.data(), length < 0 ? 0 : static_cast<std::size_t>(length));
  return error;
}

int RealFiles::stat(const std::string& path, bool follow, RealStat& stat) {
  struct stat real{};
  const int error = result_of(::fstatat(dir_, path.c_str(), &real, follow ? 0 : AT_SYMLINK_NOFOLLOW));
  stat = to_real_stat(real);
  return error;
}

int RealFiles::chmod(const std::string& path, std::uint32_t mode) {
  return result_of(::fchmodat(dir_, path.c_str(), mode, 0));
}

int RealFiles::truncate(const std::string& path, std::uint64_t size) {
  if (::fchdir(dir_) != 0) return errno;
  return result_of(::truncate(path.c_str(), static_cast<off_t>(size)));
}

int RealFiles::list(const std::string& path, std::vector<std::string>& names) {
  names.clear();
  const int fd = ::openat(dir_, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  DIR* dir = ::fdopendir(fd);
  if (dir == nullptr) return errno;
  while (const dirent* entry = ::readdir(dir)) names.emplace_back(entry->d_name);
  ::closedir(dir);
  return 0;
}

int RealFiles::mkfifo(const std::string& path) { return result_of(::mkfifoat(dir_, path.c_str(), 0666)); }

void RealFiles::write(const std::string& path, const std::string& text) { std::ofstream{path_ + '/' + path} << text; }

std::string RealFiles::read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream{path_ + '/' + path}.rdbuf();
  return text.str();
}

AsUser::AsUser(std::uint32_t uid) {
  if (::setegid(uid) != 0 || ::seteuid(uid) != 0) std::abort();
}
AsUser::~AsUser() {
  if (::seteuid(0) != 0 || ::setegid(0) != 0) std::abort();
}

std::uint32_t own_uid() { return ::geteuid(); }
std::uint32_t own_gid() { return ::getegid(); }

bool hard_links_are_protected() {
  int value = 0;
  return static_cast<bool>(std::ifstream{"/proc/sys/fs/protected_hardlinks"} >> value) && value != 0;
}

}  // namespace lpaemu::emu::testing
