// The file /proc/PID/pagemap. [linux-soft-dirty S-20 to S-25]
#include <catch2/generators/catch_generators.hpp>

#include "support/fs_fixture.h"

namespace lpaemu::kernel::testing {

namespace {

constexpr std::uint64_t end_of_file = 0x5f8000;  // [linux-soft-dirty S-24]

struct Pagemap : FsFixture {
  Pagemap() {
    vfs.mount("/proc", make_procfs(tasks, board.pages, host));
    task.mm = *mm_struct::create(board.context, Asid{1});
  }
  VirtAddr map(std::uint32_t pages) {
    MmapRequest request;
    request.length = pages * page_size;
    request.prot = RW;
    request.flags = anon_private;
    const auto at = do_mmap(*task.mm, request);
    REQUIRE(at);
    return *at;
  }
  static std::vector<std::uint64_t> entries(File& file, VirtAddr first, std::size_t count) {
    std::vector<std::uint64_t> out(count);
    const auto got = file.read(std::as_writable_bytes(std::span{out}), std::uint64_t{first.page_number()} * 8);
    REQUIRE(got);
    out.resize(*got / 8);
    return out;
  }
};

struct Row {
  std::uint64_t offset;
  std::size_t count;
  const char* expected;  // bytes read, or the error
};

}  // namespace

TEST_CASE("reads of pagemap answer by offset and count", "[pagemap][S-23][S-24][S-25]") {
  const auto row = GENERATE(values<Row>({
      {0, 8, "8"},
      {0, 0, "0"},
      {8, 4096, "4096"},
      {1, 8, "EINVAL"},
      {4, 8, "EINVAL"},
      {0, 7, "EINVAL"},
      {0, 9, "EINVAL"},
      {3, 0, "EINVAL"},
      {end_of_file - 8, 8, "8"},
      {end_of_file - 8, 4096, "8"},
      {end_of_file - 16, 24, "16"},
      {end_of_file, 8, "0"},
      {end_of_file + 8, 8, "0"},
      {std::uint64_t{1} << 20, 8, "8"},  // page 2^17
      {std::uint64_t{8} << 20, 8, "0"},  // page 2^20: no 32-bit address
      {std::uint64_t{1} << 40, 8, "0"},
      {std::uint64_t{0xffff0} * 8, 8, "0"},  // the vectors page [S-25]
      {~std::uint64_t{7}, 8, "0"},
      {end_of_file + 1, 8, "EINVAL"},
      {end_of_file - 4096 * 3, 8192, "8192"},
  }));
  Pagemap fs;
  CAPTURE(row.offset, row.count);
  const auto file = fs.must_open("/proc/self/pagemap");
  std::vector<std::byte> buffer(row.count);
  const auto got = file->read(buffer, row.offset);
  CHECK((got ? std::to_string(*got) : outcome(got)) == row.expected);
  CHECK(outcome(file->check_read(row.count, row.offset)) == (got ? "ok" : "EINVAL"));
}

TEST_CASE("pagemap seeks from the start and from here only", "[pagemap][S-24]") {
  Pagemap fs;
  const auto file = fs.must_open("/proc/self/pagemap");
  CHECK(file->llseek(0x100, Whence::set) == 0x100U);
  CHECK(file->llseek(8, Whence::current) == 0x108U);
  CHECK(outcome(file->llseek(0, Whence::end)) == "EINVAL");
  CHECK_FALSE(file->has_end());
}

TEST_CASE("pagemap is for its owner, and for who may trace", "[pagemap][S-20]") {
  Pagemap fs;
  CHECK(fs.stat("/proc/self/pagemap").mode == 0400);
  CHECK(outcome(fs.open("/proc/self/pagemap", O_WRONLY)) == "ok");  // root; there is no write method
  CHECK(outcome(fs.must_open("/proc/self/pagemap", O_RDWR)->write(bytes_of("12345678"), 0)) == "EINVAL");
  fs.task.mm.reset();
  CHECK(outcome(fs.open("/proc/self/pagemap")) == "ESRCH");
}

TEST_CASE("entries show what is mapped, with frames for root alone", "[pagemap][S-21][S-26]") {
  Pagemap fs;
  const VirtAddr at = fs.map(3);
  const std::byte one{1};
  REQUIRE(copy_to_user(*fs.task.mm, at + page_size, std::span{&one, 1}) == 0);
  const auto as_root = Pagemap::entries(*fs.must_open("/proc/self/pagemap"), at - page_size, 5);
  CHECK(as_root[0] == 0);
  CHECK(as_root[1] == std::uint64_t{1} << 55);  // an untouched page of a fresh mapping
  CHECK((as_root[2] & (std::uint64_t{1} << 63)) != 0);
  CHECK((as_root[2] & (std::uint64_t{1} << 55)) != 0);
  CHECK((as_root[2] & ((std::uint64_t{1} << 55) - 1)) >= 0x880000);
  CHECK(as_root[4] == 0);

  // The opener decides, not the reader.
  const auto opened_by_root = fs.must_open("/proc/self/pagemap");
  fs.task.uid = 1000;
  CHECK(Pagemap::entries(*opened_by_root, at + page_size, 1)[0] == as_root[2]);
  const auto opened_by_user = fs.must_open("/proc/self/pagemap");
  CHECK((Pagemap::entries(*opened_by_user, at + page_size, 1)[0] & ((std::uint64_t{1} << 55) - 1)) == 0);
}

TEST_CASE("clear_refs and pagemap work together through their files", "[pagemap][clear_refs]") {
  Pagemap fs;
  const VirtAddr at = fs.map(2);
  const std::byte one{1};
  REQUIRE(copy_to_user(*fs.task.mm, at, std::span{&one, 1}) == 0);
  const auto pagemap = fs.must_open("/proc/self/pagemap");
  const auto soft_dirty = [&](VirtAddr va) { return Pagemap::entries(*pagemap, va, 1)[0] >> 55 & 1; };
  CHECK(soft_dirty(at) == 1);
  CHECK(fs.must_open("/proc/self/clear_refs", O_WRONLY)->write(bytes_of("4"), 0) == 1U);
  CHECK(soft_dirty(at) == 0);
  REQUIRE(copy_to_user(*fs.task.mm, at, std::span{&one, 1}) == 0);
  CHECK(soft_dirty(at) == 1);
  CHECK(soft_dirty(at + page_size) == 0);
}

}  // namespace lpaemu::kernel::testing
