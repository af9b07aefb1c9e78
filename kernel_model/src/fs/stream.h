// Guest descriptors 0, 1 and 2, and /dev/tty: the streams of the host.
#pragma once

#include "lpaemu/kernel_model/fs/file.h"

namespace lpaemu::kernel {

class StreamFile final : public File {
 public:
  StreamFile(std::shared_ptr<Inode> inode, std::uint32_t flags, Host& host, Stream stream)
      : File{std::move(inode), flags}, host_{host}, stream_{stream} {}

  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> buffer, std::uint64_t offset) override;
  [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> data, std::uint64_t offset) override;
  [[nodiscard]] Result<std::uint64_t> llseek(std::int64_t offset, Whence whence) override;
  [[nodiscard]] bool seekable() const override { return false; }
  [[nodiscard]] bool may_block() const override { return true; }
  [[nodiscard]] bool ready_to_read() override { return host_.stream_ready(Stream::input); }
  [[nodiscard]] bool ready_to_write() override { return host_.stream_ready(stream_); }
  [[nodiscard]] Result<std::uint32_t> ioctl(task_struct& task, std::uint32_t request, VirtAddr argp) override;

 private:
  Host& host_;
  Stream stream_;
};

}  // namespace lpaemu::kernel
