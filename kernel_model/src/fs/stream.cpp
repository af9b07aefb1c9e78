#include "stream.h"

#include <array>

#include "lpaemu/kernel_model/fs/filesystems.h"
#include "lpaemu/kernel_model/mm/uaccess.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

namespace {

// [linux include/uapi/asm-generic/ioctls.h]
enum class Tty : std::uint32_t {
  tcgets = 0x5401,
  tcsets = 0x5402,
  tcsetsw = 0x5403,
  tcsetsf = 0x5404,
  tcflsh = 0x540b,
  tiocgpgrp = 0x540f,
  tiocspgrp = 0x5410,
  tiocgwinsz = 0x5413,
  tiocswinsz = 0x5414,
};

/// [linux include/uapi/asm-generic/termbits.h]
struct GuestTermios {
  std::uint32_t iflag, oflag, cflag, lflag;
  std::uint8_t line;
  std::array<std::uint8_t, 19> cc;
};
static_assert(sizeof(GuestTermios) == 36);

/// What a terminal is set to when nobody has touched it. [linux drivers/tty/tty_io.c:tty_std_termios]
constexpr GuestTermios standard_termios{
    0x500, 0x5, 0xbf, 0x8a3b, 0, {3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0}};

struct GuestWinsize {
  std::uint16_t rows, columns, x_pixels, y_pixels;
};

class StreamInode final : public Inode {
 public:
  StreamInode(Host& host, Stream stream) : host_{host}, stream_{stream} {}

  [[nodiscard]] Stat stat() override {
    const StreamInfo info = host_.stream_info(stream_);
    Stat stat;
    stat.type = info.type;
    stat.mode = info.is_terminal ? 0620 : 0600;
    stat.dev = make_dev(0, 1);
    // One terminal is one file; what else the streams are cannot be told, so that each is its own.
    stat.ino = info.is_terminal ? 8 : 16 + static_cast<std::uint64_t>(stream_);
    stat.size = info.size;
    if (info.is_terminal) stat.rdev = make_dev(136, 0);
    if (!info.is_terminal && info.type == FileType::character_device) stat.rdev = make_dev(1, 3);  // most likely null
    return stat;
  }

  // Pretend: a second open of a stream (/dev/stdin, /proc/self/fd/0) is the same stream and shares its position; Linux
  // opens a regular file anew. It gives no rights that the stream does not have.
  [[nodiscard]] Result<std::shared_ptr<File>> open(task_struct&, std::uint32_t flags) override {
    const bool reads = (flags & O_ACCMODE) != O_WRONLY;
    const bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if (!host_.stream_info(stream_).is_terminal) {
      if (stream_ == Stream::input ? writes : reads) return unexpected(Errno::eacces);
    }
    return std::make_shared<StreamFile>(shared_from_this(), flags, host_, stream_);
  }

 private:
  Host& host_;
  Stream stream_;
};

std::string path_of(const StreamInfo& info, Stream stream) {
  if (info.is_terminal) return "/dev/tty";
  const std::string number = std::to_string(16 + static_cast<int>(stream));
  switch (info.type) {
    case FileType::fifo: return "pipe:[" + number + "]";
    case FileType::socket: return "socket:[" + number + "]";
    case FileType::character_device: return "/dev/null";
    default: return "host:[" + number + "]";
  }
}

}  // namespace

Result<std::size_t> StreamFile::read(std::span<std::byte> buffer, std::uint64_t) {
  if ((flags() & O_NONBLOCK) != 0 && !ready_to_read()) return unexpected(Errno::eagain);
  return host_.stream_read(buffer);
}

Result<std::size_t> StreamFile::write(std::span<const std::byte> data, std::uint64_t) {
  if ((flags() & O_NONBLOCK) != 0 && !ready_to_write()) return unexpected(Errno::eagain);
  return host_.stream_write(stream_, data);
}

Result<std::uint64_t> StreamFile::llseek(std::int64_t offset, Whence whence) {
  return host_.stream_seek(stream_, offset, static_cast<int>(whence));
}

// Pretend: the terminal has standard settings, and changes of them are taken and forgotten: lpaemu never changes the
// mode of its user's terminal. [linux drivers/tty/tty_ioctl.c]
Result<std::uint32_t> StreamFile::ioctl(task_struct& task, std::uint32_t request, VirtAddr argp) {
  const StreamInfo info = host_.stream_info(stream_);
  if (!info.is_terminal) return unexpected(Errno::enotty);
  const auto answer = [&](const auto& value) -> Result<std::uint32_t> {
    LPAEMU_TRY_VOID(put_user(*task.mm, argp, value));
    return 0;
  };
  switch (Tty{request}) {
    case Tty::tcgets: return answer(standard_termios);
    case Tty::tiocgwinsz: return answer(GuestWinsize{info.rows, info.columns, 0, 0});
    case Tty::tiocgpgrp: return answer(task.tgid);
    case Tty::tcsets:
    case Tty::tcsetsw:
    case Tty::tcsetsf:
    case Tty::tcflsh:
    case Tty::tiocspgrp:
    case Tty::tiocswinsz: return 0;
  }
  return unexpected(Errno::enotty);
}

std::shared_ptr<File> open_stream(Host& host, Stream stream) {
  const StreamInfo info = host.stream_info(stream);
  std::uint32_t flags = stream == Stream::input ? O_RDONLY : O_WRONLY;
  if (info.is_terminal) flags = O_RDWR;
  if (info.append) flags |= O_APPEND;
  auto file = std::make_shared<StreamFile>(std::make_shared<StreamInode>(host, stream), flags, host, stream);
  file->path = path_of(info, stream);
  return file;
}

}  // namespace lpaemu::kernel
