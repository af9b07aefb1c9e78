// Switches for tests only: each remedy against a trap of the engine can be left out, to see that its test can fail.
#pragma once

namespace lpaemu::emu {

/// All on in every machine.
struct Remedies {
  bool page_4k = true;           // engine pages of 4 KiB, not the default 1 KiB
  bool fix_it_state = true;      // clear CPSR.IT after a data fill
  bool drop_code = true;         // W^X: a transition, or a store by the host, drops the page's translated code
  bool drop_entries = true;      // W^X: a transition drops the soft-TLB entries that map the page
  bool exclusive_grants = true;  // W^X: WRITE and EXEC are never granted together
  bool grow_tlb = true;          // flush so that the engine grows its soft TLB
  bool tables_only = true;       // fills for another call of the engine never reach the client
  bool stop_at_blocks = true;    // request_stop() sets a flag: for the block hook, SVC, nudge()
  bool watch_hazards = true;     // nudge() leaves no instruction that must not be made twice
  bool bound_retries = true;     // a client that says "retry" without an end is not asked for ever
};

}  // namespace lpaemu::emu
