// /dev. [linux drivers/char/mem.c, random.c, drivers/tty/tty_io.c]
#include <algorithm>
#include <functional>

#include "lpaemu/kernel_model/fs/filesystems.h"
#include "magic.h"
#include "simple_inode.h"

namespace lpaemu::kernel {

namespace {

struct Device {
  std::string_view name;
  std::uint32_t major, minor;
  enum class Reads : std::uint8_t { nothing, zeroes, random } reads;
  enum class Writes : std::uint8_t { taken, no_space } writes;
};

constexpr Device devices[] = {
    {"null", 1, 3, Device::Reads::nothing, Device::Writes::taken},
    {"zero", 1, 5, Device::Reads::zeroes, Device::Writes::taken},
    {"full", 1, 7, Device::Reads::zeroes, Device::Writes::no_space},
    {"random", 1, 8, Device::Reads::random, Device::Writes::taken},
    {"urandom", 1, 9, Device::Reads::random, Device::Writes::taken},
};

class DeviceFile final : public File {
 public:
  DeviceFile(std::shared_ptr<Inode> inode, std::uint32_t flags, Host& host, const Device& device)
      : File{std::move(inode), flags}, host_{host}, device_{device} {}

  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> buffer, std::uint64_t) override {
    switch (device_.reads) {
      case Device::Reads::nothing: return 0;
      case Device::Reads::zeroes: std::ranges::fill(buffer, std::byte{0}); break;
      case Device::Reads::random: host_.fill_random(buffer); break;
    }
    return buffer.size();
  }

  [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> data, std::uint64_t) override {
    if (device_.writes == Device::Writes::no_space) return unexpected(Errno::enospc);
    return data.size();
  }

  /// What is written to random and urandom is mixed in: those look.
  [[nodiscard]] bool discards_writes() const override {
    return device_.writes == Device::Writes::taken && device_.reads != Device::Reads::random;
  }

  // [linux drivers/char/mem.c:null_lseek]
  [[nodiscard]] Result<std::uint64_t> llseek(std::int64_t, Whence) override { return pos = 0; }

  [[nodiscard]] Result<std::shared_ptr<page_cache>> mmap() override {
    if (device_.reads != Device::Reads::zeroes) return unexpected(Errno::enodev);
    return std::shared_ptr<page_cache>{};
  }

 private:
  Host& host_;
  const Device& device_;
};

/// A device node; who opens it gets what `open` makes.
class DeviceInode final : public Inode {
 public:
  using Open = std::function<Result<std::shared_ptr<File>>(std::shared_ptr<Inode>, task_struct&, std::uint32_t flags)>;

  DeviceInode(const Stat& stat, Open open) : stat_{stat}, open_{std::move(open)} {}

  [[nodiscard]] Stat stat() override { return stat_; }
  [[nodiscard]] FileType type() override { return FileType::character_device; }
  [[nodiscard]] bool read_only() const override { return true; }
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct& opener, std::uint32_t flags) override {
    return open_(shared_from_this(), opener, flags);
  }

 private:
  Stat stat_;
  Open open_;
};

// The terminal behind the streams. [linux drivers/tty/tty_io.c:tty_open_current_tty]
Result<std::shared_ptr<File>> open_tty(Host& host, task_struct& opener, std::uint32_t flags) {
  for (const Stream stream : {Stream::output, Stream::error, Stream::input}) {
    if (!host.stream_info(stream).is_terminal) continue;
    // Reads come from the input, whichever stream the writes go to.
    if ((flags & O_ACCMODE) != O_WRONLY && !host.stream_info(Stream::input).is_terminal) break;
    return open_stream(host, stream)->inode().open(opener, flags);
  }
  return unexpected(Errno::enxio);
}

}  // namespace

std::shared_ptr<Inode> make_devfs(Host& host) {
  Stat stat;
  stat.mode = 0755;
  stat.dev = new_anonymous_dev();
  stat.ino = 1;
  stat.atime_ns = stat.mtime_ns = stat.ctime_ns = host.realtime().count();
  auto root = std::make_shared<StaticDir>(stat, TMPFS_MAGIC);  // devtmpfs is a tmpfs

  Stat node = stat;
  node.type = FileType::character_device;
  node.mode = 0666;
  const auto add = [&](std::string_view name, std::uint32_t major, std::uint32_t minor, DeviceInode::Open open) {
    ++node.ino;
    node.rdev = make_dev(major, minor);
    root->add(std::string{name}, std::make_shared<DeviceInode>(node, std::move(open)));
  };
  for (const Device& device : devices) {
    add(device.name, device.major, device.minor, [&host, &device](auto inode, task_struct&, std::uint32_t flags) {
      return std::make_shared<DeviceFile>(std::move(inode), flags, host, device);
    });
  }
  add("tty", 5, 0,
      [&host](const auto&, task_struct& opener, std::uint32_t flags) { return open_tty(host, opener, flags); });

  constexpr std::pair<const char*, const char*> links[] = {{"fd", "/proc/self/fd"},
                                                           {"stdin", "/proc/self/fd/0"},
                                                           {"stdout", "/proc/self/fd/1"},
                                                           {"stderr", "/proc/self/fd/2"}};
  for (const auto& [name, target] : links) {
    ++node.ino;
    node.rdev = 0;
    root->add(name, std::make_shared<StaticSymlink>(node, target));
  }
  return root;
}

}  // namespace lpaemu::kernel
