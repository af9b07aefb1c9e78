// Proves: single steps of A32 code: every way to change the PC, conditions that hold and fail, exclusives, a loop, both
// instruction sets in turn, system calls. The debugger's tests compare the addresses with those that qemu-arm executes.
  .syntax unified
  .arch armv7-a
  .arm
  .text
  .global _start
  .type _start, %function
_start:
  mov r0, #3
loop:
  subs r0, r0, #1
  bne loop
  bl subroutine
  ldr r1, =subroutine
  blx r1
  mov lr, pc                    @ a call by hand
  bx r1
  add pc, pc, #0                @ over the next one
  udf #1
  adr r2, table
  ldr pc, [r2, #4]              @ to after_ldr
  udf #2
after_ldr:
  adr r3, after_ldm
  mov r4, #7
  push {r3, r4}
  ldm sp, {r5, r6}
  add sp, sp, #8
  push {r3}
  pop {pc}                      @ to after_ldm
  udf #3
after_ldm:
  cmp r4, #8
  ldreq pc, [r2, #0]            @ not taken
  blxeq r1
  sub sp, sp, #8
again:
  ldrex r5, [sp]
  add r5, r5, #1
  strex r6, r5, [sp]
  cmp r6, #0
  bne again
  add sp, sp, #8
  blx in_thumb
  movw r7, #20                  @ getpid
  svc #0
  mov r0, #0
  mov r7, #1                    @ exit
  svc #0
  .type subroutine, %function
subroutine:
  push {r4, lr}
  cmp r4, #0
  movne r4, #0
  popne {r4, pc}
  pop {r4, lr}
  mov pc, lr
table:
  .word 0, after_ldr
  .thumb
  .type in_thumb, %function
in_thumb:
  adds r0, #1
  bx lr
  .pool
  .section .note.GNU-stack, "", %progbits
