# Instructions: disassembly, the exact fault address, restart hazards, exception entry. Include from emu/CMakeLists.txt.
add_library(lpaemu_disasm STATIC
  ${CMAKE_CURRENT_LIST_DIR}/cp15.cpp
  ${CMAKE_CURRENT_LIST_DIR}/disasm.cpp
  ${CMAKE_CURRENT_LIST_DIR}/exceptions.cpp
  ${CMAKE_CURRENT_LIST_DIR}/instruction.cpp
  ${CMAKE_CURRENT_LIST_DIR}/engine/fault_address.cpp
  ${CMAKE_CURRENT_LIST_DIR}/engine/fault_address_arm.cpp
  ${CMAKE_CURRENT_LIST_DIR}/engine/fault_address_thumb.cpp
  ${CMAKE_CURRENT_LIST_DIR}/engine/fault_address_vector.cpp
  ${CMAKE_CURRENT_LIST_DIR}/engine/restart_hazards.cpp)
add_library(lpaemu::disasm ALIAS lpaemu_disasm)
target_include_directories(lpaemu_disasm PUBLIC ${CMAKE_CURRENT_LIST_DIR}/../include)
target_link_libraries(lpaemu_disasm PUBLIC lpaemu::kernel_model lpaemu::mmu PRIVATE lpaemu::capstone)
lpaemu_defaults(lpaemu_disasm)
