// Descriptors. [linux fs/file.c]
#include "support/fs_fixture.h"

namespace lpaemu::kernel::testing {

namespace {

struct Descriptors : FsFixture {
  FdTable table;
  std::shared_ptr<File> file = must_open("/");
};

}  // namespace

TEST_CASE("the lowest free descriptor is taken", "[fd_table]") {
  Descriptors d;
  CHECK(d.table.install(d.file, false) == 0U);
  CHECK(d.table.install(d.file, false) == 1U);
  CHECK(d.table.install(d.file, false) == 2U);
  REQUIRE(d.table.close(1));
  CHECK(d.table.install(d.file, false) == 1U);
  CHECK(d.table.install(d.file, false, 10) == 10U);
  CHECK(d.table.install(d.file, false, 10) == 11U);
  CHECK(d.table.install(d.file, false) == 3U);
  CHECK(d.table.open_fds() == std::vector<std::uint32_t>{0, 1, 2, 3, 10, 11});
}

TEST_CASE("descriptors end at the limit", "[fd_table]") {
  Descriptors d;
  for (std::uint32_t fd = 0; fd < FdTable::limit; ++fd) REQUIRE(d.table.install(d.file, false) == fd);
  CHECK(outcome(d.table.install(d.file, false)) == "EMFILE");
  REQUIRE(d.table.close(FdTable::limit - 1));
  CHECK(d.table.install(d.file, false) == FdTable::limit - 1);
  CHECK(outcome(d.table.install(d.file, false, FdTable::limit)) == "EMFILE");
  CHECK(outcome(d.table.install_at(FdTable::limit, d.file, false)) == "EBADF");
}

TEST_CASE("descriptors that are not open are EBADF", "[fd_table]") {
  Descriptors d;
  REQUIRE(d.table.install(d.file, false));
  for (const std::uint32_t fd : {1U, 5U, FdTable::limit, 0xffffffffU}) {
    CAPTURE(fd);
    CHECK(outcome(d.table.get(fd)) == "EBADF");
    CHECK(outcome(d.table.close(fd)) == "EBADF");
    CHECK(outcome(d.table.cloexec(fd)) == "EBADF");
    CHECK(outcome(d.table.set_cloexec(fd, true)) == "EBADF");
  }
  REQUIRE(d.table.close(0));
  CHECK(outcome(d.table.close(0)) == "EBADF");
}

TEST_CASE("close-on-exec belongs to the descriptor, position and flags to the file", "[fd_table]") {
  Descriptors d;
  REQUIRE(d.table.install(d.file, true));
  REQUIRE(d.table.install_at(7, d.file, false));
  CHECK(d.table.cloexec(0) == true);
  CHECK(d.table.cloexec(7) == false);
  REQUIRE(d.table.set_cloexec(7, true));
  CHECK(d.table.cloexec(7) == true);
  (*d.table.get(0))->pos = 42;
  CHECK((*d.table.get(7))->pos == 42);
}

TEST_CASE("dup2 closes what was there", "[fd_table]") {
  Descriptors d;
  std::weak_ptr<File> old;
  {
    const auto first = d.must_open("/");
    old = first;
    REQUIRE(d.table.install_at(3, first, false));
  }
  CHECK_FALSE(old.expired());
  REQUIRE(d.table.install_at(3, d.file, false));
  CHECK(old.expired());
}

}  // namespace lpaemu::kernel::testing
