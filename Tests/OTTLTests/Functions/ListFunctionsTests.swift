import Testing

struct ListFunctionsTests {
    static let people = #"[{"n": {"k": "a"}, "v": 2}, {"n": {"k": "b"}, "v": 5}]"#

    @Test(arguments: [
        Equality("ContainsValue([1, 2.5], 2.5)", "true"),
        Equality(#"ContainsValue(attributes["list"], "x")"#, "true"),
        Equality(#"ContainsValue(["a"], 1)"#, "false"),
        Equality(#"Keys({"a": 1, "b": 2})"#, #"["a", "b"]"#),
        Equality(#"Values({"a": 1, "b": [2]})"#, "[1, [2]]"),
        Equality(#"Keys(attributes["map"])"#, #"["a", "b"]"#),
        Equality(#"SliceToMap(\#(people), ["n", "k"], ["v"])"#, #"{"a": 2, "b": 5}"#),
        Equality(#"SliceToMap(\#(people), ["n", "k"])["b"]"#, #"{"n": {"k": "b"}, "v": 5}"#),
        Equality(#"SliceToMap(["x", "y"])"#, #"{"0": "x", "1": "y"}"#),
        Equality("Sort([3, 1, 2])", "[1, 2, 3]"),
        Equality(#"Sort([3, 1, 2], "desc")"#, "[3, 2, 1]"),
        Equality("Sort([3, 1.5, 2])", "[1.5, 2, 3]"),
        Equality(#"Sort(["b", "a"])"#, #"["a", "b"]"#),
        Equality(#"Sort(["b", 10, true, 9.5])"#, #"[10, 9.5, "b", true]"#),
        Equality("Sort([true, false])", "[false, true]"),
        Equality(
            "Sort([9007199254740993, 9007199254740992])", "[9007199254740992, 9007199254740993]"),
        Equality("Sort([])", "[]"),
        Equality(#"Sort([1, "two", 3.33, false])"#, #"[1, 3.33, false, "two"]"#),
        Equality(#"SliceToMap([{"v": 2}], value_path=["v"])"#, #"{"0": 2}"#),
    ])
    func `lists and maps`(_ equality: Equality) throws { try equality.check() }

    @Test func `what is no list or map fails`() {
        expectFailure("Keys([1])")
        expectFailure(#"Values(attributes["no"])"#)
        expectFailure("ContainsValue(1, 1)")
        expectFailure(#"SliceToMap({"a": 1})"#)
        expectFailure(#"SliceToMap([{"v": 1}], ["n"])"#)
        expectFailure(#"SliceToMap([{"n": 1}], ["n"])"#)
        expectFailure(#"SliceToMap(["x"], ["n"])"#)
        expectFailure("Sort([[2], [1]])")
        expectFailure("Sort(1)")
        expectRefusal(#"Sort([1], "up")"#, "not an order")
    }
}
