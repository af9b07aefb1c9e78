lpaemu_test(NAME disasm_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/disasm_test.cpp
  LIBS lpaemu::disasm)
lpaemu_test(NAME fault_address_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fault_address_test.cpp
  LIBS lpaemu::disasm)
lpaemu_test(NAME exceptions_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/exceptions_test.cpp
  LIBS lpaemu::disasm)
lpaemu_test(NAME instruction_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/instruction_test.cpp
  LIBS lpaemu::disasm)
lpaemu_test(NAME loader_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/loader_test.cpp
  LIBS lpaemu::loader lpaemu::kernel_model)
lpaemu_test(NAME symbols_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/symbols_test.cpp
  LIBS lpaemu::loader)
