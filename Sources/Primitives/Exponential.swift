import Glibc

/// e to the power of `exponent`, as the C library computes it. (exp(3).)
package func exponential(_ exponent: Double) -> Double {
    exp(exponent)
}

/// The natural logarithm, as the C library computes it. (log(3).)
package func naturalLogarithm(_ number: Double) -> Double {
    log(number)
}
