// Signal numbers and codes of the ARM ABI.
#pragma once

#include "lpaemu/kernel_model/events.h"  // before the constants: Verdict has enumerators of the same names

namespace lpaemu::kernel {

// Lower-case: the C library's headers have macros of these names. [linux arch/arm/include/uapi/asm/signal.h]
inline constexpr int sighup = 1, sigint = 2, sigquit = 3, sigill = 4, sigtrap = 5, sigabrt = 6, sigbus = 7, sigfpe = 8;
inline constexpr int sigkill = 9, sigusr1 = 10, sigsegv = 11, sigusr2 = 12, sigpipe = 13, sigalrm = 14, sigterm = 15;
inline constexpr int sigstkflt = 16, sigchld = 17, sigcont = 18, sigstop = 19, sigtstp = 20, sigttin = 21;
inline constexpr int sigttou = 22, sigurg = 23, sigxcpu = 24, sigxfsz = 25, sigvtalrm = 26, sigprof = 27;
inline constexpr int sigwinch = 28, sigio = 29, sigpwr = 30, sigsys = 31, sigrtmin = 32;

// si_code. [linux include/uapi/asm-generic/siginfo.h]
inline constexpr int si_user = 0, si_kernel = 0x80, si_tkill = -6;
inline constexpr int ill_illopc = 1, ill_illtrp = 4;
inline constexpr int segv_maperr = 1, segv_accerr = 2;
inline constexpr int bus_adraln = 1, bus_adrerr = 2;
inline constexpr int trap_brkpt = 1, trap_hwbkpt = 4;

}  // namespace lpaemu::kernel
