#include "signals.h"

#include <algorithm>
#include <array>

#include "lpaemu/kernel_model/task/signal_numbers.h"

namespace lpaemu::emu::gdb {

int gdb_signal(int linux_signal) {
  // Where the two differ; the numbers of the first Unix are the same.
  struct Row {
    int linux, gdb;
  };
  constexpr std::array rows{Row{7, 10},  Row{10, 30}, Row{12, 31}, Row{16, 143}, Row{17, 20}, Row{18, 19},
                            Row{19, 17}, Row{20, 18}, Row{23, 16}, Row{29, 23},  Row{30, 32}, Row{31, 12}};
  constexpr int first_realtime = 32, gdb_first_realtime = 77;
  if (linux_signal == first_realtime) return gdb_first_realtime;
  if (linux_signal > first_realtime) return linux_signal + 12;  // 33 is 45
  const auto row = std::ranges::find(rows, linux_signal, &Row::linux);
  return row == rows.end() ? linux_signal : row->gdb;
}

}  // namespace lpaemu::emu::gdb
