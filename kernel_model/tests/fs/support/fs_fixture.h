// A task with a tree of files, and short ways to use it. Header only.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "fake_host.h"
#include "lpaemu/kernel_model/fs/filesystems.h"
#include "lpaemu/kernel_model/task/task.h"
#include "support/guest.h"

namespace lpaemu::kernel::testing {

/// "ok", or the name of the error.
template <class T>
[[nodiscard]] std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string{errno_name(result.error())};
}

[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

class FakeTasks final : public TaskList {
 public:
  [[nodiscard]] task_struct* find(std::int32_t pid) override {
    const auto found = tasks.find(pid);
    return found == tasks.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::vector<std::int32_t> pids() override {
    std::vector<std::int32_t> pids;
    for (const auto& [pid, task] : tasks) pids.push_back(pid);
    return pids;
  }
  std::map<std::int32_t, task_struct*> tasks;
};

/// A tmpfs as the root, unless a test brings another one.
struct FsFixture {
  explicit FsFixture(std::shared_ptr<Inode> root = {})
      : vfs{root ? std::move(root) : make_tmpfs(board.pages, host, 0755)} {
    task.pid = task.tgid = 1000;
    task.comm = "guest";
    task.umask = 022;
    task.cwd = vfs.root();
    task.files = std::make_shared<FdTable>();
    tasks.tasks[task.pid] = &task;
  }

  [[nodiscard]] Result<std::shared_ptr<File>> open(std::string_view path, std::uint32_t flags = O_RDONLY,
                                                   std::uint32_t mode = 0644) {
    return vfs.open(task, task.cwd, path, flags, mode);
  }
  [[nodiscard]] std::shared_ptr<File> must_open(std::string_view path, std::uint32_t flags = O_RDONLY,
                                                std::uint32_t mode = 0644) {
    auto file = open(path, flags, mode);
    INFO(path << ": " << outcome(file));
    REQUIRE(file);
    return *file;
  }
  [[nodiscard]] Result<Path> lookup(std::string_view path, Follow follow = Follow::yes) {
    return vfs.lookup(task, task.cwd, path, follow);
  }
  /// Where a path leads: its absolute text, or the name of the error.
  [[nodiscard]] std::string where(std::string_view path, Follow follow = Follow::yes) {
    const auto place = lookup(path, follow);
    return place ? place->text : outcome(place);
  }
  [[nodiscard]] Stat stat(std::string_view path, Follow follow = Follow::no) {
    const auto place = lookup(path, follow);
    INFO(path << ": " << outcome(place));
    REQUIRE(place);
    return place->inode->stat();
  }

  void write(std::string_view path, std::string_view text) {
    const auto file = must_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    const auto count = file->write(bytes_of(text), 0);
    REQUIRE(outcome(count) == "ok");
    REQUIRE(*count == text.size());
  }
  [[nodiscard]] static std::string read(File& file, std::uint64_t offset = 0, std::size_t count = 65536) {
    std::string text(count, '\0');
    const auto got = file.read(std::as_writable_bytes(std::span{text}), offset);
    if (!got) return outcome(got);
    text.resize(*got);
    return text;
  }
  [[nodiscard]] std::string read(std::string_view path) {
    const auto file = open(path);
    return file ? read(**file) : outcome(file);
  }

  [[nodiscard]] std::string mkdir(std::string_view path, std::uint32_t mode = 0755) {
    return outcome(vfs.mkdir(task, task.cwd, path, mode));
  }
  [[nodiscard]] std::string unlink(std::string_view path) { return outcome(vfs.unlink(task, task.cwd, path)); }
  [[nodiscard]] std::string rmdir(std::string_view path) { return outcome(vfs.rmdir(task, task.cwd, path)); }
  [[nodiscard]] std::string symlink(std::string_view target, std::string_view path) {
    return outcome(vfs.symlink(task, task.cwd, path, target));
  }
  [[nodiscard]] std::string link(std::string_view target, std::string_view path) {
    const auto place = lookup(target, Follow::no);
    return place ? outcome(vfs.link(task, *place, task.cwd, path)) : outcome(place);
  }
  [[nodiscard]] std::string rename(std::string_view from, std::string_view to, std::uint32_t flags = 0) {
    return outcome(vfs.rename(task, task.cwd, from, task.cwd, to, flags));
  }
  void chdir(std::string_view path) {
    const auto place = lookup(path);
    REQUIRE(place);
    task.cwd = *place;
  }
  /// The names in a directory, in order, "." and ".." left out.
  [[nodiscard]] std::string list(std::string_view path) {
    const auto place = lookup(path);
    REQUIRE(place);
    const auto entries = vfs.readdir(*place);
    if (!entries) return outcome(entries);
    std::string names;
    for (const DirEntry& entry : *entries) {
      if (entry.name == "." || entry.name == "..") continue;
      names += (names.empty() ? "" : " ") + entry.name;
    }
    return names;
  }

  Board board;
  FakeHost host;
  FakeTasks tasks;
  task_struct task;
  Vfs vfs;
};

}  // namespace lpaemu::kernel::testing
