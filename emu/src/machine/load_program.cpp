#include "lpaemu/emu/machine/load_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "lpaemu/emu/loader/elf.h"

namespace lpaemu::emu {
namespace {

constexpr std::uint64_t largest_program = std::uint64_t{1} << 30;  // bytes of file
constexpr std::uint32_t any_execute_bit = 0111;

std::string reason(kernel::Errno error) {
  using kernel::Errno;
  switch (error) {
    case Errno::enoent: return "no such file";
    case Errno::eacces: return "permission denied";
    case Errno::enotdir: return "a part of the path is not a directory";
    case Errno::eloop: return "too many symbolic links";
    case Errno::enametoolong: return "the name is too long";
    default: return std::string{kernel::errno_name(error)};
  }
}

Error cannot_run(const std::string& path, std::string_view why) {
  return Error{fmt::format("cannot run '{}': {}", path, why)};
}

Expected<std::vector<std::byte>, kernel::Errno> read_whole(kernel::File& file, std::uint64_t size) {
  std::vector<std::byte> bytes(size);
  std::size_t done = 0;
  while (done < bytes.size()) {
    LPAEMU_TRY(got, file.read(std::span{bytes}.subspan(done), done));
    if (got == 0) break;  // it has shrunk meanwhile
    done += got;
  }
  bytes.resize(done);
  return bytes;
}

kernel::ProgramSegment segment_of(const ElfSegment& segment) {
  const kernel::vm_flags_t flags = (segment.readable ? kernel::VM_READ : 0U) |
                                   (segment.writable ? kernel::VM_WRITE : 0U) |
                                   (segment.executable ? kernel::VM_EXEC : 0U);
  return {segment.vaddr, segment.memsz, segment.offset, segment.filesz, flags};
}

}  // namespace

Expected<LoadedProgram, Error> load_program(kernel::Kernel& kernel, const std::string& path) {
  kernel::task_struct& task = kernel.boot_task();
  const auto opened = kernel.vfs().open(task, kernel.vfs().root(), path, kernel::O_RDONLY, 0);
  if (!opened) return unexpected(cannot_run(path, reason(opened.error())));
  const std::shared_ptr<kernel::File>& file = *opened;

  const kernel::Stat stat = file->inode().stat();
  if (stat.type == kernel::FileType::directory) return unexpected(cannot_run(path, "it is a directory"));
  if (stat.type != kernel::FileType::regular) return unexpected(cannot_run(path, "it is not a regular file"));
  if ((stat.mode & any_execute_bit) == 0)
    return unexpected(cannot_run(path, "permission denied: it is not executable (chmod +x)"));
  if (stat.size > largest_program)
    return unexpected(
        cannot_run(path, fmt::format("{} bytes are more than the 1 GiB that a program may have", stat.size)));

  const auto bytes = read_whole(*file, stat.size);
  if (!bytes) return unexpected(cannot_run(path, reason(bytes.error())));
  LPAEMU_TRY(image, read_elf(*bytes, path));
  LPAEMU_TRY_VOID(require_static(image, path));
  auto contents = file->mmap();
  if (!contents) return unexpected(cannot_run(path, reason(contents.error())));

  kernel::Program program;
  program.path = file->path;
  program.contents = *contents;
  program.file = file;
  std::ranges::transform(image.segments, std::back_inserter(program.segments), segment_of);
  program.entry = image.entry;
  program.phdr = image.phdr.value_or(VirtAddr{});
  program.phnum = image.phnum;
  program.phentsize = image.phentsize;
  program.position_independent = image.type == ElfType::position_independent;
  program.executable_stack = image.stack != ElfStack::not_executable;
  program.read_implies_exec = image.stack == ElfStack::unspecified;
  program.alignment = image.alignment;
  auto read_file = [file, size = stat.size] {
    auto again = read_whole(*file, size);
    return again ? std::move(*again) : std::vector<std::byte>{};
  };
  return LoadedProgram{std::move(program), std::move(read_file)};
}

Error start_error(const std::string& path, kernel::Errno error) {
  using kernel::Errno;
  switch (error) {
    case Errno::enomem: return cannot_run(path, "it does not fit into memory; give it more with --mem");
    case Errno::e2big: return cannot_run(path, "its arguments and environment are too long");
    case Errno::enoexec: return cannot_run(path, "its segments cannot be mapped");
    default: return cannot_run(path, reason(error));
  }
}

}  // namespace lpaemu::emu
