#include "machine.h"

#include <spdlog/spdlog.h>

#include <cstring>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"
#include "lpaemu/kernel_model/mm/verify.h"
#include "support/tlb_audit.h"

namespace lpaemu::kernel::testing {

Result<std::size_t> StringHost::stream_read(std::span<std::byte> buffer) {
  const std::size_t bytes = std::min(buffer.size(), input.size());
  std::memcpy(buffer.data(), input.data(), bytes);
  input.erase(0, bytes);
  return bytes;
}

Result<std::size_t> StringHost::stream_write(Stream stream, std::span<const std::byte> data) {
  if (output_broken) return unexpected(Errno::epipe);
  std::string& to = stream == Stream::error ? error : output;
  to.append(reinterpret_cast<const char*>(data.data()), data.size());
  return data.size();
}

Host::Wake StringHost::wait(bool for_input, std::optional<Nanoseconds> deadline) {
  ++waits;
  if (std::exchange(interrupt, false)) return Wake::interrupted;
  if (for_input && !later_input.empty()) {
    input += later_input.front();
    later_input.pop_front();
    return Wake::ready;
  }
  if (!deadline || *deadline == Nanoseconds::max()) return Wake::interrupted;  // for ever
  now = std::max(now, *deadline);
  return Wake::deadline;
}

Image small_image() {
  constexpr std::uint32_t text_bytes = 0x1800, data_offset = 0x2000, data_bytes = 0xc00;
  Image image;
  image.bytes.assign(data_offset + 0x1000, 'x');
  image.bytes.replace(data_offset, data_bytes, data_bytes, 'd');
  image.segments = {{.vaddr = VirtAddr{0x10000},
                     .memory_size = text_bytes,
                     .offset = 0,
                     .file_size = text_bytes,
                     .flags = VM_READ | VM_EXEC},
                    {.vaddr = VirtAddr{0x12000},
                     .memory_size = 0x1800,
                     .offset = data_offset,
                     .file_size = data_bytes,
                     .flags = VM_READ | VM_WRITE}};
  return image;
}

Machine::Machine(std::uint32_t uid, std::uint64_t ram_bytes)
    : memory{PhysAddr{0x8'8000'0000}, ram_bytes},
      kernel{KernelConfig{.ram_base = memory.base(),
                          .ram_bytes = ram_bytes,
                          .soft_dirty_mode = {},
                          .uid = uid,
                          .verify_after_faults = true},
             memory, cpu, host} {
  spdlog::set_level(spdlog::level::off);
}

Program Machine::program_of(const Image& image) {
  const auto inode = make_memfd(kernel.pages(), host, "prog");
  const auto file = inode->open(kernel.boot_task(), O_RDWR);
  REQUIRE(file.has_value());
  REQUIRE((*file)->write(std::as_bytes(std::span{image.bytes}), 0) == image.bytes.size());
  Program program;
  program.path = "/bin/prog";
  program.contents = (*file)->mmap().value();
  program.file = *file;
  program.segments = image.segments;
  program.entry = image.entry;
  program.phdr = VirtAddr{image.segments.empty() ? 0 : image.segments.front().vaddr.raw() + 52};
  program.phnum = 3;
  program.position_independent = image.position_independent;
  return program;
}

void Machine::start(const Image& image, const std::vector<std::string>& argv, const std::vector<std::string>& envp) {
  const auto started = kernel.start(program_of(image), argv, envp, "/");
  if (!started) FAIL("start: " << errno_name(started.error()));
  audit();
}

Next Machine::next(SyscallPlace place, std::uint32_t number, std::initializer_list<std::uint32_t> args) {
  std::fill_n(cpu.registers.r.begin(), 7, 0);
  std::copy(args.begin(), args.end(), cpu.registers.r.begin());
  cpu.registers.r[7] = number;
  touch_all(cpu.tlb(), mm());
  const Next then = kernel.syscall(place);
  if (audits_tlb) REQUIRE(stale_translations() == "");
  return then;
}

std::int32_t Machine::call(std::uint32_t number, std::initializer_list<std::uint32_t> args) {
  REQUIRE(next(SyscallPlace::outer_loop, number, args) == Next::resume);
  return static_cast<std::int32_t>(cpu.registers.r[0]);
}

VirtAddr Machine::map(std::uint32_t pages, std::uint32_t prot) {
  MmapRequest request;
  request.length = pages * mmu::PAGE_SIZE;
  request.prot = prot;
  request.flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const auto start = do_mmap(mm(), request);
  REQUIRE(start.has_value());
  return *start;
}

void Machine::poke(VirtAddr va, std::string_view bytes) {
  REQUIRE(copy_to_user(mm(), va, std::as_bytes(std::span{bytes})) == 0);
}

std::string Machine::peek(VirtAddr va, std::size_t bytes) {
  std::string text(bytes, '\0');
  REQUIRE(copy_from_user(mm(), std::as_writable_bytes(std::span{text}), va) == 0);
  return text;
}

std::string Machine::peek_string(VirtAddr va) {
  const auto text = strncpy_from_user(mm(), va, 1U << 20);
  REQUIRE(text.has_value());
  return *text;
}

std::string Machine::stale_translations() { return testing::stale_translations(cpu.tlb(), mm()); }

void Machine::audit() {
  REQUIRE(verify(mm()) == "");
  if (audits_tlb) REQUIRE(stale_translations() == "");
}

std::uint32_t Machine::file(std::string_view bytes) {
  const std::int32_t fd = call(nr::memfd_create, {string("file"), 0});
  REQUIRE(fd >= 0);
  const auto size = static_cast<std::int32_t>(bytes.size());
  const std::initializer_list<std::uint32_t> write_args{static_cast<std::uint32_t>(fd), string(bytes),
                                                        static_cast<std::uint32_t>(size)};
  REQUIRE(call(nr::write, write_args) == size);
  REQUIRE(call(nr::lseek, {static_cast<std::uint32_t>(fd), 0, 0}) == 0);
  return static_cast<std::uint32_t>(fd);
}

std::uint32_t Machine::string(std::string_view text) {
  constexpr std::uint32_t pages = 4;
  if (strings_.raw() == 0) strings_ = map(pages);
  REQUIRE(strings_used_ + text.size() < pages * mmu::PAGE_SIZE);
  const VirtAddr at = strings_ + strings_used_;
  poke(at, std::string{text} + '\0');
  strings_used_ += static_cast<std::uint32_t>(text.size()) + 1;
  return at.raw();
}

}  // namespace lpaemu::kernel::testing
