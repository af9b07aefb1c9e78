// Proves: single steps of Thumb-2 code: IT blocks whose instructions run and do not, table branches, CBZ, wide
// instructions across two pages, SVC inside an IT block. The debugger's tests compare with what qemu-arm executes.
  .syntax unified
  .arch armv7-a
  .thumb
  .text
  .global _start
  .type _start, %function
_start:
  movs r0, #2
loop:
  subs r0, #1
  bne loop
  cmp r0, #0
  itete eq
  moveq r1, #1
  movne r1, #2
  addeq.w r2, r1, #0x100
  addne.w r2, r1, #0x200
  cmp r1, #2
  ite ne
  movne r1, #3
  beq.w never                   @ only the last of a block may branch
  cbz r0, forward
  udf #1
forward:
  cbnz r0, never
  movs r3, #1
  tbb [pc, r3]
branches:
  .byte (never - branches) / 2
  .byte (after_tbb - branches) / 2
after_tbb:
  bl subroutine
  ldr r4, =subroutine
  blx r4
  push {r0, r1}
  ldr.w r5, [sp, #4]
  add sp, #8
  adr r6, after_bx
  adds r6, #1
  bx r6
never:
  udf #2
  .align 2
after_bx:
  cmp r0, #0
  ittt eq
  moveq r7, #20                 @ getpid
  svceq #0
  moveq r2, #5
  b.w far_away
  .pool
  .type subroutine, %function
subroutine:
  push {r4, lr}
  pop {r4, pc}
  .balign 4096
  .space 4094 - 8
far_away:
  mov.w r0, #1
  mov.w r1, #2
  add.w r2, r0, r1              @ its halves lie in two pages
  blx in_arm
  movs r0, #0
  movs r7, #1                   @ exit
  svc #0
  .arm
  .balign 4
  .type in_arm, %function
in_arm:
  adds r3, r3, #1
  bx lr
  .section .note.GNU-stack, "", %progbits
