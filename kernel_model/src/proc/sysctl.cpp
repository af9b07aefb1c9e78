// /proc/sys: the settings that programs read. They cannot be changed. [linux kernel/sysctl.c, drivers/char/random.c]
#include <fmt/format.h>

#include <array>

#include "lpaemu/kernel_model/mm/mm_struct.h"
#include "lpaemu/kernel_model/version.h"
#include "proc_inode.h"

namespace lpaemu::kernel {

namespace {

/// A random (version 4) UUID. [linux lib/uuid.c]
std::string uuid(Host& host) {
  std::array<std::uint8_t, 16> b;
  host.fill_random(std::as_writable_bytes(std::span{b}));
  b[6] = static_cast<std::uint8_t>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<std::uint8_t>((b[8] & 0x3f) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", b[i]);
  }
  return text + '\n';
}

}  // namespace

void add_sysctl_files(const std::shared_ptr<ProcFs>& fs, ProcDir& root) {
  const auto add_dir = [&](ProcDir& above, const char* name) {
    auto dir = std::make_shared<ProcDir>(fs, proc_stat(*fs, FileType::directory, 0555));
    above.add(name, dir);
    return dir;
  };
  const auto add = [&](ProcDir& dir, const char* name, ProcText::Show show) {
    dir.add(name, std::make_shared<ProcText>(fs, proc_stat(*fs, FileType::regular, 0444), std::move(show)));
  };
  const auto add_value = [&](ProcDir& dir, const char* name, std::string value) {
    add(dir, name, [line = std::move(value) + '\n'] { return line; });
  };
  const auto sys = add_dir(root, "sys");

  const auto kernel = add_dir(*sys, "kernel");
  add_value(*kernel, "ostype", "Linux");
  add_value(*kernel, "osrelease", std::string{kernel_release});
  add_value(*kernel, "version", std::string{kernel_version});
  add_value(*kernel, "hostname", "lpaemu");
  add_value(*kernel, "domainname", "(none)");
  add_value(*kernel, "ngroups_max", "65536");
  add_value(*kernel, "pid_max", "32768");
  add_value(*kernel, "threads-max", "4096");
  add_value(*kernel, "cap_last_cap", "40");
  add_value(*kernel, "randomize_va_space", "2");
  const auto random = add_dir(*kernel, "random");
  ProcFs& procfs = *fs;
  add(*random, "uuid", [&procfs] { return uuid(procfs.host); });
  add_value(*random, "boot_id", "6c706165-6d75-4000-8000-000000000001");  // one boot is like another
  add_value(*random, "entropy_avail", "256");
  add_value(*random, "poolsize", "256");

  const auto vm = add_dir(*sys, "vm");
  add_value(*vm, "overcommit_memory", "0");
  add_value(*vm, "overcommit_ratio", "50");
  add_value(*vm, "max_map_count", "65530");
  add_value(*vm, "mmap_min_addr", std::to_string(mmap_min_addr.raw()));
  add_value(*vm, "swappiness", "60");

  const auto file_system = add_dir(*sys, "fs");
  add_value(*file_system, "file-max", "262144");
  add_value(*file_system, "nr_open", "1048576");
  add_value(*file_system, "pipe-max-size", "1048576");
}

}  // namespace lpaemu::kernel
