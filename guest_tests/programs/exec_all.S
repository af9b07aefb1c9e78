// Proves: in a program without PT_GNU_STACK whatever may be read may be executed (READ_IMPLIES_EXEC): it calls code
// in .data and on the stack. No .note.GNU-stack at the end of this file: the linker then leaves PT_GNU_STACK out.
  .syntax unified
  .arch armv7-a
  .arm
  .section .rodata
message:
  .ascii "called code in .data and on the stack\n"
  .equ message_size, . - message

  .data
  .balign 4
seven:
  mov r0, #7
  bx lr

  .text
  .global _start
  .type _start, %function
_start:
  ldr r4, =seven
  blx r4
  mov r5, r0
  ldmia r4, {r0, r1}
  push {r0, r1}                 @ the same two instructions
  mov r7, #0xf0000
  orr r7, r7, #2                @ cacheflush
  mov r0, sp
  add r1, sp, #8
  mov r2, #0
  svc #0
  blx sp
  add r5, r5, r0
  mov r7, #4                    @ write
  mov r0, #1
  ldr r1, =message
  mov r2, #message_size
  svc #0
  sub r0, r5, #14
  mov r7, #1                    @ exit
  svc #0
  udf #0                        @ exit does not return
  .size _start, . - _start
