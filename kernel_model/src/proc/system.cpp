// The files of /proc that describe the machine. [linux fs/proc/*.c, arch/arm/kernel/setup.c]
#include <fmt/format.h>

#include "lpaemu/kernel_model/mm/page_alloc.h"
#include "lpaemu/kernel_model/task/exec.h"
#include "lpaemu/kernel_model/version.h"
#include "proc_inode.h"

namespace lpaemu::kernel {

namespace {

// AT_HWCAP's bits by name. [linux arch/arm/kernel/setup.c:hwcap_str]
constexpr std::string_view hwcap_names[] = {
    "swp",     "half", "thumb", "26bit",    "fastmult", "fpa",   "vfp",   "edsp",  "java",   "iwmmxt", "crunch",
    "thumbee", "neon", "vfpv3", "vfpv3d16", "tls",      "vfpv4", "idiva", "idivt", "vfpd32", "lpae",   "evtstrm"};

/// What a Cortex-A15 r2p4 shows. [linux arch/arm/kernel/setup.c:c_show]
std::string cpuinfo() {
  std::string features;
  for (std::size_t bit = 0; bit < std::size(hwcap_names); ++bit) {
    if ((elf_hwcap >> bit & 1) != 0) features += std::string{hwcap_names[bit]} + ' ';
  }
  return fmt::format(
      "processor\t: 0\nmodel name\t: ARMv7 Processor rev 4 (v7l)\nBogoMIPS\t: 100.00\nFeatures\t: {}\n"
      "CPU implementer\t: 0x41\nCPU architecture: 7\nCPU variant\t: 0x2\nCPU part\t: 0xc0f\nCPU revision\t: 4\n\n"
      "Hardware\t: Generic DT based system\nRevision\t: 0000\nSerial\t\t: 0000000000000000\n",
      features);
}

// The lines that programs read; those about what the model does not have are 0. [linux fs/proc/meminfo.c]
std::string meminfo(const PageAllocator& pages) {
  constexpr std::uint64_t kb_per_page = mmu::PAGE_SIZE / 1024;
  const std::uint64_t total = pages.total_pages() * kb_per_page;
  const std::uint64_t free = pages.free_pages() * kb_per_page;
  std::string out;
  const auto line = [&](std::string_view name, std::uint64_t kb) {
    out += fmt::format("{:<15} {:>8} kB\n", fmt::format("{}:", name), kb);
  };
  line("MemTotal", total);
  line("MemFree", free);
  line("MemAvailable", free);
  for (const auto* name :
       {"Buffers",      "Cached",   "SwapCached",   "Active",     "Inactive",    "Unevictable", "Mlocked",
        "SwapTotal",    "SwapFree", "Dirty",        "Writeback",  "AnonPages",   "Mapped",      "Shmem",
        "KReclaimable", "Slab",     "SReclaimable", "SUnreclaim", "KernelStack", "PageTables"}) {
    line(name, 0);
  }
  line("CommitLimit", total / 2);
  line("Committed_AS", 0);
  return out;
}

std::string uptime(Host& host) {
  const std::int64_t centiseconds = host.monotonic().count() / 10'000'000;
  return fmt::format("{}.{:02} 0.00\n", centiseconds / 100, centiseconds % 100);
}

std::string loadavg(TaskList& tasks) {
  const auto pids = tasks.pids();
  return fmt::format("0.00 0.00 0.00 1/{} {}\n", pids.size(), pids.empty() ? 0 : pids.back());
}

// [linux fs/proc/stat.c:show_stat]
std::string system_stat(Host& host, TaskList& tasks) {
  constexpr std::int64_t ns_per_tick = 1'000'000'000 / USER_HZ;
  const std::string ticks = fmt::format(" {} 0 0 0 0 0 0 0 0 0\n", host.cpu_time().count() / ns_per_tick);
  const std::int64_t boot = (host.realtime() - host.monotonic()).count() / 1'000'000'000;
  return "cpu " + ticks + "cpu0" + ticks +
         fmt::format("intr 0\nctxt 0\nbtime {}\nprocesses {}\n", boot, tasks.pids().size()) +
         "procs_running 1\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n";
}

}  // namespace

void add_system_files(const std::shared_ptr<ProcFs>& fs, ProcDir& root) {
  ProcFs& procfs = *fs;  // the files live in it
  const auto add = [&](const char* name, ProcText::Show show) {
    root.add(name, std::make_shared<ProcText>(fs, proc_stat(*fs, FileType::regular, 0444), std::move(show)));
  };
  add("cmdline", [] { return std::string{"console=ttyAMA0\n"}; });
  add("cpuinfo", [] { return cpuinfo(); });
  add("filesystems", [] { return std::string{"nodev\ttmpfs\nnodev\tproc\nnodev\thostfs\n"}; });
  add("loadavg", [&procfs] { return loadavg(procfs.tasks); });
  add("meminfo", [&procfs] { return meminfo(procfs.pages); });
  add("stat", [&procfs] { return system_stat(procfs.host, procfs.tasks); });
  add("swaps", [] { return std::string{"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"}; });
  add("uptime", [&procfs] { return uptime(procfs.host); });
  add("version", [] { return fmt::format("Linux version {} (lpaemu) {}\n", kernel_release, kernel_version); });
}

}  // namespace lpaemu::kernel
