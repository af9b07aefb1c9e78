#include "signals.h"

#include <algorithm>
#include <array>

#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::emu::gdb {

int gdb_signal(int linux_signal) {
  // Where the two differ; the numbers of the first Unix are the same.
  struct Row {
    int linux, gdb;
  };
  constexpr std::array rows{Row{7, 10},  Row{10, 30}, Row{12, 31}, Row{16, 143}, Row{17, 20}, Row{18, 19},
                            Row{19, 17}, Row{20, 18}, Row{23, 16}, Row{29, 23},  Row{30, 32}, Row{31, 12}};
  constexpr int first_realtime = 32, gdb_32 = 77, last_realtime = 64, gdb_64 = 78;
  if (linux_signal == first_realtime) return gdb_32;
  if (linux_signal == last_realtime) return gdb_64;
  if (linux_signal > first_realtime) return linux_signal + 12;  // 33 is 45
  const auto row = std::ranges::find(rows, linux_signal, &Row::linux);
  return row == rows.end() ? linux_signal : row->gdb;
}

std::optional<int> linux_signal(std::uint64_t gdb_signal_number) {
  for (int signo = 1; signo <= kernel::signal_count; ++signo)
    if (static_cast<std::uint64_t>(gdb_signal(signo)) == gdb_signal_number) return signo;
  return std::nullopt;
}

}  // namespace lpaemu::emu::gdb
