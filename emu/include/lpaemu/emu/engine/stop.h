// Why Engine::run() returned.
#pragma once

#include <string>

#include "lpaemu/emu/engine/syndrome.h"
#include "lpaemu/mmu/fault.h"

namespace lpaemu::emu {

enum class StopReason : std::uint8_t {
  fault,      // the MMU faulted and the client did not repair it
  svc,        // the client asked for it; the PC is past the SVC
  exception,  // another exception: see `exception`; the PC is at the instruction
  undefined,  // an undefined instruction; the PC is at it
  hint,       // YIELD, WFE or WFI, when stops at hints are on; the PC is past it
  requested,  // request_stop() or the block limit, at the start of a block
  // For a debugger:
  stop_address,  // a stop; the PC is on it
  stepped,       // set_stepping: the block that began at the PC given is over, and the next one begins
  watched,       // the access was refused, see `fault`: the tables grant it. `fault.va` is the page's address
  error,         // the engine failed: see `error`
};

/// Exceptions that the engine reports by number, other than SVC. The values are the engine's.
enum class Exception : unsigned {
  prefetch_abort = 3,
  data_abort = 4,  // an alignment fault: translation and permission faults come as StopReason::fault
  bkpt = 7,
  hvc = 11,
  smc = 13,
};

/// The PC is exact in every case, and nothing of the instruction at it has happened.
struct Stop {
  StopReason reason = StopReason::error;
  mmu::Fault fault{};                               // reasons fault and watched; `va` is the page's address
  Exception exception = Exception::prefetch_abort;  // reason exception
  Syndrome syndrome{};                              // reasons exception and undefined
  std::string error{};                              // reason error
};

}  // namespace lpaemu::emu
