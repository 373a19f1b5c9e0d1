import Glibc

/// The natural logarithm, as the C library computes it. (log(3).)
package func logarithm(_ number: Double) -> Double {
    log(number)
}
