// How an ARMv7 kernel stores a PTE and a section, as guest code: written from the truth tables in the rules P-26 and P-34,
// as a judge of set_pte_ext_value and set_pmd_at_value. [linux-lpae-pte 6, 7]
//
// A routine gets the entry's address in r0 and its value in r2 and r3, the low word in r2 for little-endian data and in
// r3 for big-endian data: then LDRD and STRD keep a value's 64 bits together in both. It clobbers ip and the flags. What
// follows the store on a uniprocessor, cleaning the cache line, is PL1's and left out.
  .syntax unified
  .arch armv7-a
  .arm

// Bit numbers, in the low and in the high word.
  .equ VALID, 0
  .equ AP2, 7
  .equ nG, 11
  .equ DIRTY, 55 - 32
  .equ NONE, 57 - 32
  .equ RDONLY, 58 - 32

// The wanted AP[2] into ip: 0 if DIRTY and not RDONLY, else 1. VALID is cleared where NONE is set.
.macro derive low, high
  ubfx ip, \high, #DIRTY, #1
  bic ip, ip, \high, lsr #RDONLY
  eor ip, ip, #1
  tst \high, #1 << NONE
  bicne \low, \low, #1 << VALID
.endm

.macro set_pte_ext low, high
  derive \low, \high
  tst \low, #1 << VALID
  bfine \low, ip, #AP2, #1       @ only what the hardware sees gets a new AP[2]
  strd r2, r3, [r0]
  bx lr
.endm

.macro set_pmd_at low, high
  derive \low, \high
  bfi \low, ip, #AP2, #1
  orr \low, \low, #1 << nG
  strd r2, r3, [r0]
  bx lr
.endm

// A table descriptor: nothing is derived.
.macro store low, high
  strd r2, r3, [r0]
  bx lr
.endm

// r0 = first entry, r1 = first value, r4 = how many, not 0. Ends with SVC, CPSR.E as it was for the stores.
.macro for_each endian, routine
  setend \endian
1:
  ldrd r2, r3, [r1], #8
  bl \routine
  add r0, r0, #8
  subs r4, r4, #1
  bne 1b
  svc #0
.endm

  .text
  .global _start
_start:                         @ the test enters one of these, by number
  b each_set_pte_ext_le
  b each_set_pte_ext_be
  b each_set_pmd_at_le
  b each_set_pmd_at_be
  b each_store_le
  b each_store_be

each_set_pte_ext_le:
  for_each le, set_pte_ext_le
each_set_pte_ext_be:
  for_each be, set_pte_ext_be
each_set_pmd_at_le:
  for_each le, set_pmd_at_le
each_set_pmd_at_be:
  for_each be, set_pmd_at_be
each_store_le:
  for_each le, store_le
each_store_be:
  for_each be, store_be

set_pte_ext_le:
  set_pte_ext low=r2, high=r3
set_pte_ext_be:
  set_pte_ext low=r3, high=r2
set_pmd_at_le:
  set_pmd_at low=r2, high=r3
set_pmd_at_be:
  set_pmd_at low=r3, high=r2
store_le:
  store low=r2, high=r3
store_be:
  store low=r3, high=r2

  .section .note.GNU-stack, "", %progbits
