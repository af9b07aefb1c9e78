// Proves: Thumb-2 code without a libc: the entry point's bit 0 selects T32, IT blocks and wide encodings run.
  .syntax unified
  .arch armv7-a
  .thumb
  .section .rodata
message:
  .ascii "hello from Thumb-2 assembly\n"
  .equ message_size, . - message

  .text
  .global _start
  .type _start, %function
  .thumb_func
_start:
  movs r7, #4                   @ write
  movs r0, #1
  movw r1, #:lower16:message
  movt r1, #:upper16:message
  movs r2, #message_size
  svc #0
  cmp r0, #message_size
  ite eq
  moveq r0, #0
  movne r0, #1
  movs r7, #1                   @ exit
  svc #0
  udf #0                        @ exit does not return
  .size _start, . - _start
  .section .note.GNU-stack, "", %progbits
