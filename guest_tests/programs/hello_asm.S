// Proves: the smallest program there is: A32 code without a libc, two system calls, exit status 0.
  .syntax unified
  .arch armv7-a
  .arm
  .section .rodata
message:
  .ascii "hello from A32 assembly\n"
  .equ message_size, . - message

  .text
  .global _start
  .type _start, %function
_start:
  mov r7, #4                    @ write
  mov r0, #1
  ldr r1, =message
  mov r2, #message_size
  svc #0
  cmp r0, #message_size
  movne r0, #1
  moveq r0, #0
  mov r7, #1                    @ exit
  svc #0
  udf #0                        @ exit does not return
  .size _start, . - _start
  .section .note.GNU-stack, "", %progbits
