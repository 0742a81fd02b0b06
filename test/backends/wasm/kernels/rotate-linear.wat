(module $gather
  (import "env" "memory" (memory 1 65536 shared))
  (func $narrow (param $b f64) (param $s f64) (param $low f64) (param $high f64) (param $start i32) (param $end i32) (result i32) (result i32)
    (local $v6 i32)
    (local $v7 f64)
    (local $v8 f64)
    (local $v9 f64)
    (local $v10 f64)
    (local $v11 f64)
    (local $v12 f64)
    (local $v13 f64)
    (local $v14 f64)
    (if
      (f64.eq (local.get $s) (f64.const 0))
      (then
        (if
          (i32.eqz
            (i32.and
              (f64.ge (local.get $b) (local.get $low))
              (f64.lt (local.get $b) (local.get $high))))
          (then
            (local.set $start (i32.const 0))
            (local.set $end (i32.const 0)))))
      (else
        (local.set $v6 (f64.gt (local.get $s) (f64.const 0)))
        (local.set $v7 (f64.convert_i32_s (local.get $start)))
        (local.set $v8 (f64.convert_i32_s (local.get $end)))
        (local.set $v9
          (f64.min
            (f64.max
              (f64.sub
                (f64.ceil
                  (f64.div
                    (f64.sub
                      (select (local.get $low) (local.get $high) (local.get $v6))
                      (local.get $b))
                    (local.get $s)))
                (f64.const 1))
              (local.get $v7))
            (local.get $v8)))
        (local.set $v10
          (f64.max
            (f64.min
              (f64.add
                (f64.floor
                  (f64.div
                    (f64.sub
                      (select (local.get $high) (local.get $low) (local.get $v6))
                      (local.get $b))
                    (local.get $s)))
                (f64.const 2))
              (local.get $v8))
            (local.get $v7)))
        (local.set $start (i32.trunc_sat_f64_s (local.get $v9)))
        (local.set $end (i32.trunc_sat_f64_s (local.get $v10)))
        (local.set $v11
          (f64.add (local.get $b) (f64.mul (local.get $s) (f64.convert_i32_s (local.get $start)))))
        (local.set $start
          (i32.add
            (local.get $start)
            (i32.and
              (i32.lt_s (local.get $start) (local.get $end))
              (i32.eqz
                (i32.and
                  (f64.ge (local.get $v11) (local.get $low))
                  (f64.lt (local.get $v11) (local.get $high)))))))
        (local.set $v12
          (f64.add
            (local.get $b)
            (f64.mul (local.get $s) (f64.convert_i32_s (i32.sub (local.get $end) (i32.const 1))))))
        (local.set $end
          (i32.sub
            (local.get $end)
            (i32.and
              (i32.lt_s (local.get $start) (local.get $end))
              (i32.eqz
                (i32.and
                  (f64.ge (local.get $v12) (local.get $low))
                  (f64.lt (local.get $v12) (local.get $high)))))))
        (local.set $v13
          (f64.add (local.get $b) (f64.mul (local.get $s) (f64.convert_i32_s (local.get $start)))))
        (local.set $start
          (i32.add
            (local.get $start)
            (i32.and
              (i32.lt_s (local.get $start) (local.get $end))
              (i32.eqz
                (i32.and
                  (f64.ge (local.get $v13) (local.get $low))
                  (f64.lt (local.get $v13) (local.get $high)))))))
        (local.set $v14
          (f64.add
            (local.get $b)
            (f64.mul (local.get $s) (f64.convert_i32_s (i32.sub (local.get $end) (i32.const 1))))))
        (local.set $end
          (i32.sub
            (local.get $end)
            (i32.and
              (i32.lt_s (local.get $start) (local.get $end))
              (i32.eqz
                (i32.and
                  (f64.ge (local.get $v14) (local.get $low))
                  (f64.lt (local.get $v14) (local.get $high)))))))))
    (local.get $start)
    (local.get $end))
  (func $narrow_roughly (param $b f64) (param $s f64) (param $low f64) (param $high f64) (param $start i32) (param $end i32) (result i32) (result i32)
    (local $v6 i32)
    (local $v7 i32)
    (if
      (f64.eq (local.get $s) (f64.const 0))
      (then
        (if
          (i32.eqz
            (i32.and
              (f64.ge (local.get $b) (local.get $low))
              (f64.lt (local.get $b) (local.get $high))))
          (then
            (local.set $start (i32.const 0))
            (local.set $end (i32.const 0)))))
      (else
        (local.set $v6 (f64.gt (local.get $s) (f64.const 0)))
        (local.set $start
          (i32.trunc_sat_f64_s
            (f64.max
              (f64.ceil
                (f64.div
                  (f64.sub
                    (select (local.get $low) (local.get $high) (local.get $v6))
                    (local.get $b))
                  (local.get $s)))
              (f64.convert_i32_s (local.get $start)))))
        (local.set $v7
          (i32.trunc_sat_f64_s
            (f64.min
              (f64.ceil
                (f64.div
                  (f64.sub
                    (select (local.get $high) (local.get $low) (local.get $v6))
                    (local.get $b))
                  (local.get $s)))
              (f64.convert_i32_s (local.get $end)))))
        (local.set $end
          (select (local.get $start) (local.get $v7) (i32.lt_s (local.get $v7) (local.get $start))))))
    (local.get $start)
    (local.get $end))
  (func $bring_back_clamp_of_sample0 (param $i i32) (param $n i32) (result i32)
    (local $v2 i32)
    (local $v3 i32)
    (if
      (i32.lt_u (local.get $i) (local.get $n))
      (then
        (return (local.get $i))))
    (local.set $v2 (i32.sub (local.get $n) (i32.const 1)))
    (local.set $v3
      (select (local.get $v2) (local.get $i) (i32.gt_s (local.get $i) (local.get $v2))))
    (select (i32.const 0) (local.get $v3) (i32.lt_s (local.get $v3) (i32.const 0))))
  (func $sample0 (param $source i32) (param $nx i32) (param $ny i32) (param $nz i32) (param $sy i32) (param $sz i32) (param $x f64) (param $y f64) (param $z f64) (result f32)
    (local $v9 f64)
    (local $v10 f64)
    (local $v11 i32)
    (local $v12 f64)
    (local $v13 i32)
    (local $v14 f64)
    (local $v15 i32)
    (local $v16 f64)
    (local $v17 f64)
    (local $v18 i32)
    (local $v19 f64)
    (local $v20 i32)
    (local $v21 f64)
    (local $v22 i32)
    (local $v23 f64)
    (local $v24 f64)
    (local $v25 i32)
    (local $v26 f64)
    (local $v27 i32)
    (local $v28 f64)
    (local $v29 i32)
    (local $sum f64)
    (local $v31 i32)
    (local $v32 f64)
    (local $v33 f64)
    (local.set $v9 (f64.floor (local.get $x)))
    (local.set $v10 (f64.sub (local.get $x) (local.get $v9)))
    (local.set $v11 (i32.sub (i32.trunc_sat_f64_s (local.get $v9)) (i32.const 0)))
    (local.set $v12 (f64.sub (f64.const 1) (local.get $v10)))
    (local.set $v13
      (i32.mul
        (call $bring_back_clamp_of_sample0 (i32.add (local.get $v11) (i32.const 0)) (local.get $nx))
        (i32.const 4)))
    (local.set $v14 (local.get $v10))
    (local.set $v15
      (i32.mul
        (call $bring_back_clamp_of_sample0 (i32.add (local.get $v11) (i32.const 1)) (local.get $nx))
        (i32.const 4)))
    (local.set $v16 (f64.floor (local.get $y)))
    (local.set $v17 (f64.sub (local.get $y) (local.get $v16)))
    (local.set $v18 (i32.sub (i32.trunc_sat_f64_s (local.get $v16)) (i32.const 0)))
    (local.set $v19 (f64.sub (f64.const 1) (local.get $v17)))
    (local.set $v20
      (i32.mul
        (call $bring_back_clamp_of_sample0 (i32.add (local.get $v18) (i32.const 0)) (local.get $ny))
        (local.get $sy)))
    (local.set $v21 (local.get $v17))
    (local.set $v22
      (i32.mul
        (call $bring_back_clamp_of_sample0 (i32.add (local.get $v18) (i32.const 1)) (local.get $ny))
        (local.get $sy)))
    (local.set $v23 (f64.floor (local.get $z)))
    (local.set $v24 (f64.sub (local.get $z) (local.get $v23)))
    (local.set $v25 (i32.sub (i32.trunc_sat_f64_s (local.get $v23)) (i32.const 0)))
    (local.set $v26 (f64.sub (f64.const 1) (local.get $v24)))
    (local.set $v27
      (i32.mul
        (call $bring_back_clamp_of_sample0 (i32.add (local.get $v25) (i32.const 0)) (local.get $nz))
        (local.get $sz)))
    (local.set $v28 (local.get $v24))
    (local.set $v29
      (i32.mul
        (call $bring_back_clamp_of_sample0 (i32.add (local.get $v25) (i32.const 1)) (local.get $nz))
        (local.get $sz)))
    (local.set $sum (f64.add (f64.const 0) (f64.const 0)))
    (local.set $v31 (i32.add (i32.add (local.get $source) (local.get $v27)) (local.get $v20)))
    (local.set $v32 (f64.mul (local.get $v26) (local.get $v19)))
    (local.set $v33 (f64.mul (local.get $v32) (local.get $v12)))
    (if
      (f64.ne (local.get $v33) (f64.const 0))
      (then
        (local.set $sum
          (f64.add
            (local.get $sum)
            (f64.mul
              (local.get $v33)
              (f64.promote_f32 (f32.load (i32.add (local.get $v31) (local.get $v13)))))))))
    (local.set $v33 (f64.mul (local.get $v32) (local.get $v14)))
    (if
      (f64.ne (local.get $v33) (f64.const 0))
      (then
        (local.set $sum
          (f64.add
            (local.get $sum)
            (f64.mul
              (local.get $v33)
              (f64.promote_f32 (f32.load (i32.add (local.get $v31) (local.get $v15)))))))))
    (local.set $v31 (i32.add (i32.add (local.get $source) (local.get $v27)) (local.get $v22)))
    (local.set $v33 (f64.mul (local.get $v26) (local.get $v21)))
    (local.set $v32 (f64.mul (local.get $v33) (local.get $v12)))
    (if
      (f64.ne (local.get $v32) (f64.const 0))
      (then
        (local.set $sum
          (f64.add
            (local.get $sum)
            (f64.mul
              (local.get $v32)
              (f64.promote_f32 (f32.load (i32.add (local.get $v31) (local.get $v13)))))))))
    (local.set $v32 (f64.mul (local.get $v33) (local.get $v14)))
    (if
      (f64.ne (local.get $v32) (f64.const 0))
      (then
        (local.set $sum
          (f64.add
            (local.get $sum)
            (f64.mul
              (local.get $v32)
              (f64.promote_f32 (f32.load (i32.add (local.get $v31) (local.get $v15)))))))))
    (local.set $v31 (i32.add (i32.add (local.get $source) (local.get $v29)) (local.get $v20)))
    (local.set $v32 (f64.mul (local.get $v28) (local.get $v19)))
    (local.set $v33 (f64.mul (local.get $v32) (local.get $v12)))
    (if
      (f64.ne (local.get $v33) (f64.const 0))
      (then
        (local.set $sum
          (f64.add
            (local.get $sum)
            (f64.mul
              (local.get $v33)
              (f64.promote_f32 (f32.load (i32.add (local.get $v31) (local.get $v13)))))))))
    (local.set $v33 (f64.mul (local.get $v32) (local.get $v14)))
    (if
      (f64.ne (local.get $v33) (f64.const 0))
      (then
        (local.set $sum
          (f64.add
            (local.get $sum)
            (f64.mul
              (local.get $v33)
              (f64.promote_f32 (f32.load (i32.add (local.get $v31) (local.get $v15)))))))))
    (local.set $v31 (i32.add (i32.add (local.get $source) (local.get $v29)) (local.get $v22)))
    (local.set $v33 (f64.mul (local.get $v28) (local.get $v21)))
    (local.set $v32 (f64.mul (local.get $v33) (local.get $v12)))
    (if
      (f64.ne (local.get $v32) (f64.const 0))
      (then
        (local.set $sum
          (f64.add
            (local.get $sum)
            (f64.mul
              (local.get $v32)
              (f64.promote_f32 (f32.load (i32.add (local.get $v31) (local.get $v13)))))))))
    (local.set $v32 (f64.mul (local.get $v33) (local.get $v14)))
    (if
      (f64.ne (local.get $v32) (f64.const 0))
      (then
        (local.set $sum
          (f64.add
            (local.get $sum)
            (f64.mul
              (local.get $v32)
              (f64.promote_f32 (f32.load (i32.add (local.get $v31) (local.get $v15)))))))))
    (f32.demote_f64 (local.get $sum)))
  (func $run (export "run") (param $uniforms i32) (param $scratch i32) (param $from i32) (param $to i32)
    (local $out i32)
    (local $outputRow i32)
    (local $nx i32)
    (local $ny i32)
    (local $nz i32)
    (local $runLength i32)
    (local $gentle i32)
    (local $choices i32)
    (local $tap0.sx i32)
    (local $tap0.sy i32)
    (local $tap0.sz i32)
    (local $tap0.base f64)
    (local $tap0.m0 f64)
    (local $tap0.n0 i32)
    (local $tap0.l0 i32)
    (local $tap0.h0 i32)
    (local $tap0.base_2 f64)
    (local $tap0.m3 f64)
    (local $tap0.n1 i32)
    (local $tap0.l1 i32)
    (local $tap0.h1 i32)
    (local $tap0.base_3 f64)
    (local $tap0.m6 f64)
    (local $tap0.n2 i32)
    (local $tap0.l2 i32)
    (local $tap0.h2 i32)
    (local $tap0.sy_2 v128)
    (local $tap0.sz_2 v128)
    (local $tap0.n1_2 i32)
    (local $tap0.next i32)
    (local $tap0.n2_2 i32)
    (local $tap0.next_2 i32)
    (local $tap0.source i32)
    (local $tap0.channelBytes i32)
    (local $tap0.here i32)
    (local $tap0.f01 i32)
    (local $tap0.f02 i32)
    (local $tap0.f03 i32)
    (local $v42 v128)
    (local $tap0.f04 v128)
    (local $tap0.f11 i32)
    (local $tap0.f12 i32)
    (local $tap0.f13 i32)
    (local $v47 v128)
    (local $tap0.f14 v128)
    (local $tap0.f21 i32)
    (local $tap0.f22 i32)
    (local $tap0.f23 i32)
    (local $v52 v128)
    (local $tap0.f24 v128)
    (local $constant0 v128)
    (local $row i32)
    (local $v56 i32)
    (local $channel i32)
    (local $v58 i32)
    (local $v59 i32)
    (local $y f64)
    (local $z f64)
    (local $number i32)
    (local $tap0.m1 f64)
    (local $tap0.m2 f64)
    (local $tap0.t0 f64)
    (local $tap0.m4 f64)
    (local $tap0.m5 f64)
    (local $tap0.t1 f64)
    (local $tap0.m7 f64)
    (local $tap0.m8 f64)
    (local $tap0.t2 f64)
    (local $v72 i32)
    (local $v73 i32)
    (local $region0.m0 f64)
    (local $region0.m1 f64)
    (local $region0.m2 f64)
    (local $region0.t0 f64)
    (local $region0.low f64)
    (local $region0.high0 f64)
    (local $v80 i32)
    (local $v81 i32)
    (local $region0.m3 f64)
    (local $region0.m4 f64)
    (local $region0.m5 f64)
    (local $region0.t1 f64)
    (local $region0.low_2 f64)
    (local $region0.high1 f64)
    (local $v88 i32)
    (local $v89 i32)
    (local $region0.m6 f64)
    (local $region0.m7 f64)
    (local $region0.m8 f64)
    (local $region0.t2 f64)
    (local $region0.low_3 f64)
    (local $region0.high2 f64)
    (local $v96 i32)
    (local $v97 i32)
    (local $v98 i32)
    (local $v99 i32)
    (local $v100 i32)
    (local $v101 i32)
    (local $v102 i32)
    (local $v103 i32)
    (local $v104 i32)
    (local $v105 i32)
    (local $x i32)
    (local $stop i32)
    (local $held i32)
    (local $near i32)
    (local $choice i32)
    (local $x_2 i32)
    (local $at i32)
    (local $due i32)
    (local $end i32)
    (local $clampable i32)
    (local $v116 f64)
    (local $v117 f64)
    (local $v118 f64)
    (local $v119 i32)
    (local $v120 v128)
    (local $v121 f64)
    (local $v122 f64)
    (local $v123 i32)
    (local $v124 v128)
    (local $v125 f64)
    (local $v126 f64)
    (local $v127 i32)
    (local $v128 v128)
    (local $v129 i32)
    (local $fastEnd i32)
    (local $v131 v128)
    (local $v132 v128)
    (local $v133 v128)
    (local $v134 v128)
    (local $v135 v128)
    (local $v136 v128)
    (local $v137 v128)
    (local $v138 i32)
    (local $v139 i32)
    (local $v140 i32)
    (local $v141 i32)
    (local $v142 i32)
    (local $v143 v128)
    (local $v144 v128)
    (local $v145 v128)
    (local $v146 v128)
    (local $v147 v128)
    (local $v148 v128)
    (local $v149 v128)
    (local $v150 v128)
    (local $v151 v128)
    (local $v152 v128)
    (local $v153 i32)
    (local $v154 v128)
    (local $v155 v128)
    (local $v156 v128)
    (local $v157 v128)
    (local $v158 v128)
    (local $v159 v128)
    (local $v160 v128)
    (local $v161 v128)
    (local $v162 v128)
    (local $v163 v128)
    (local $v164 v128)
    (local $v165 v128)
    (local $v166 v128)
    (local $v167 v128)
    (local $v168 i32)
    (local $v169 i32)
    (local $v170 i32)
    (local $v171 i32)
    (local $v172 i32)
    (local $v173 i32)
    (local $v174 v128)
    (local $v175 v128)
    (local $v176 v128)
    (local $nx_2 i32)
    (local.set $out (local.get $scratch))
    (local.set $outputRow (i32.load (local.get $uniforms)))
    (local.set $nx (i32.load offset=4 (local.get $uniforms)))
    (local.set $ny (i32.load offset=8 (local.get $uniforms)))
    (local.set $nz (i32.load offset=12 (local.get $uniforms)))
    (local.set $runLength (i32.load offset=16 (local.get $uniforms)))
    (local.set $gentle (i32.load offset=20 (local.get $uniforms)))
    (local.set $choices (i32.load offset=24 (local.get $uniforms)))
    (local.set $tap0.sx (i32.load offset=28 (local.get $uniforms)))
    (local.set $tap0.sy (i32.load offset=32 (local.get $uniforms)))
    (local.set $tap0.sz (i32.load offset=36 (local.get $uniforms)))
    (local.set $tap0.m0 (f64.load offset=40 (local.get $uniforms)))
    (local.set $tap0.n0 (i32.load offset=48 (local.get $uniforms)))
    (local.set $tap0.l0 (i32.load offset=52 (local.get $uniforms)))
    (local.set $tap0.h0 (i32.load offset=56 (local.get $uniforms)))
    (local.set $tap0.m3 (f64.load offset=64 (local.get $uniforms)))
    (local.set $tap0.n1 (i32.load offset=72 (local.get $uniforms)))
    (local.set $tap0.l1 (i32.load offset=76 (local.get $uniforms)))
    (local.set $tap0.h1 (i32.load offset=80 (local.get $uniforms)))
    (local.set $tap0.m6 (f64.load offset=88 (local.get $uniforms)))
    (local.set $tap0.n2 (i32.load offset=96 (local.get $uniforms)))
    (local.set $tap0.l2 (i32.load offset=100 (local.get $uniforms)))
    (local.set $tap0.h2 (i32.load offset=104 (local.get $uniforms)))
    (local.set $tap0.sy_2 (v128.load32_splat offset=32 (local.get $uniforms)))
    (local.set $tap0.sz_2 (v128.load32_splat offset=36 (local.get $uniforms)))
    (local.set $tap0.n1_2 (i32.load offset=72 (local.get $uniforms)))
    (local.set $tap0.next
      (select (i32.const 0) (local.get $tap0.sy) (i32.eq (local.get $tap0.n1_2) (i32.const 1))))
    (local.set $tap0.n2_2 (i32.load offset=96 (local.get $uniforms)))
    (local.set $tap0.next_2
      (select (i32.const 0) (local.get $tap0.sz) (i32.eq (local.get $tap0.n2_2) (i32.const 1))))
    (local.set $tap0.source (i32.load offset=108 (local.get $uniforms)))
    (local.set $tap0.channelBytes (i32.load offset=112 (local.get $uniforms)))
    (local.set $tap0.f01 (i32.load offset=116 (local.get $uniforms)))
    (local.set $tap0.f02 (i32.load offset=120 (local.get $uniforms)))
    (local.set $tap0.f03 (i32.load offset=124 (local.get $uniforms)))
    (local.set $v42
      (i32x4.replace_lane 3
        (i32x4.replace_lane 2
          (i32x4.replace_lane 1 (v128.const i32x4 0 0 0 0) (local.get $tap0.f01))
          (local.get $tap0.f02))
        (local.get $tap0.f03)))
    (local.set $tap0.f04 (v128.load32_splat offset=128 (local.get $uniforms)))
    (local.set $tap0.f11 (i32.load offset=132 (local.get $uniforms)))
    (local.set $tap0.f12 (i32.load offset=136 (local.get $uniforms)))
    (local.set $tap0.f13 (i32.load offset=140 (local.get $uniforms)))
    (local.set $v47
      (i32x4.replace_lane 3
        (i32x4.replace_lane 2
          (i32x4.replace_lane 1 (v128.const i32x4 0 0 0 0) (local.get $tap0.f11))
          (local.get $tap0.f12))
        (local.get $tap0.f13)))
    (local.set $tap0.f14 (v128.load32_splat offset=144 (local.get $uniforms)))
    (local.set $tap0.f21 (i32.load offset=148 (local.get $uniforms)))
    (local.set $tap0.f22 (i32.load offset=152 (local.get $uniforms)))
    (local.set $tap0.f23 (i32.load offset=156 (local.get $uniforms)))
    (local.set $v52
      (i32x4.replace_lane 3
        (i32x4.replace_lane 2
          (i32x4.replace_lane 1 (v128.const i32x4 0 0 0 0) (local.get $tap0.f21))
          (local.get $tap0.f22))
        (local.get $tap0.f23)))
    (local.set $tap0.f24 (v128.load32_splat offset=160 (local.get $uniforms)))
    (local.set $constant0 (v128.load32_splat offset=164 (local.get $uniforms)))
    (local.set $row (local.get $from))
    (if
      (i32.lt_s (local.get $row) (local.get $to))
      (then
        (loop $again2
          (local.set $v56 (i32.div_u (local.get $row) (local.get $ny)))
          (local.set $channel (i32.div_u (local.get $v56) (local.get $nz)))
          (local.set $v58 (i32.rem_u (local.get $row) (local.get $ny)))
          (local.set $v59 (i32.rem_u (local.get $v56) (local.get $nz)))
          (local.set $y (f64.convert_i32_s (local.get $v58)))
          (local.set $z (f64.convert_i32_s (local.get $v59)))
          (local.set $number
            (i32.add (i32.mul (local.get $channel) (local.get $nz)) (local.get $v59)))
          (local.set $tap0.m1 (f64.load offset=168 (local.get $uniforms)))
          (local.set $tap0.m2 (f64.load offset=176 (local.get $uniforms)))
          (local.set $tap0.t0 (f64.load offset=184 (local.get $uniforms)))
          (local.set $tap0.base
            (f64.add
              (f64.add
                (f64.mul (local.get $tap0.m1) (local.get $y))
                (f64.mul (local.get $tap0.m2) (local.get $z)))
              (local.get $tap0.t0)))
          (local.set $tap0.m4 (f64.load offset=192 (local.get $uniforms)))
          (local.set $tap0.m5 (f64.load offset=200 (local.get $uniforms)))
          (local.set $tap0.t1 (f64.load offset=208 (local.get $uniforms)))
          (local.set $tap0.base_2
            (f64.add
              (f64.add
                (f64.mul (local.get $tap0.m4) (local.get $y))
                (f64.mul (local.get $tap0.m5) (local.get $z)))
              (local.get $tap0.t1)))
          (local.set $tap0.m7 (f64.load offset=216 (local.get $uniforms)))
          (local.set $tap0.m8 (f64.load offset=224 (local.get $uniforms)))
          (local.set $tap0.t2 (f64.load offset=232 (local.get $uniforms)))
          (local.set $tap0.base_3
            (f64.add
              (f64.add
                (f64.mul (local.get $tap0.m7) (local.get $y))
                (f64.mul (local.get $tap0.m8) (local.get $z)))
              (local.get $tap0.t2)))
          (local.set $tap0.here
            (i32.add
              (local.get $tap0.source)
              (i32.mul (local.get $channel) (local.get $tap0.channelBytes))))
          (local.set $v72 (i32.const 0))
          (local.set $v73 (local.get $nx))
          (local.set $region0.m0 (f64.load offset=240 (local.get $uniforms)))
          (local.set $region0.m1 (f64.load offset=248 (local.get $uniforms)))
          (local.set $region0.m2 (f64.load offset=256 (local.get $uniforms)))
          (local.set $region0.t0 (f64.load offset=264 (local.get $uniforms)))
          (local.set $region0.low (f64.load offset=272 (local.get $uniforms)))
          (local.set $region0.high0 (f64.load offset=280 (local.get $uniforms)))
          (call $narrow
            (f64.add
              (f64.add
                (f64.mul (local.get $region0.m1) (local.get $y))
                (f64.mul (local.get $region0.m2) (local.get $z)))
              (local.get $region0.t0))
            (local.get $region0.m0)
            (local.get $region0.low)
            (local.get $region0.high0)
            (local.get $v72)
            (local.get $v73))
          (local.set $v81)
          (local.set $v80)
          (local.set $region0.m3 (f64.load offset=288 (local.get $uniforms)))
          (local.set $region0.m4 (f64.load offset=296 (local.get $uniforms)))
          (local.set $region0.m5 (f64.load offset=304 (local.get $uniforms)))
          (local.set $region0.t1 (f64.load offset=312 (local.get $uniforms)))
          (local.set $region0.low_2 (f64.load offset=272 (local.get $uniforms)))
          (local.set $region0.high1 (f64.load offset=320 (local.get $uniforms)))
          (call $narrow
            (f64.add
              (f64.add
                (f64.mul (local.get $region0.m4) (local.get $y))
                (f64.mul (local.get $region0.m5) (local.get $z)))
              (local.get $region0.t1))
            (local.get $region0.m3)
            (local.get $region0.low_2)
            (local.get $region0.high1)
            (local.get $v80)
            (local.get $v81))
          (local.set $v89)
          (local.set $v88)
          (local.set $region0.m6 (f64.load offset=328 (local.get $uniforms)))
          (local.set $region0.m7 (f64.load offset=336 (local.get $uniforms)))
          (local.set $region0.m8 (f64.load offset=344 (local.get $uniforms)))
          (local.set $region0.t2 (f64.load offset=352 (local.get $uniforms)))
          (local.set $region0.low_3 (f64.load offset=272 (local.get $uniforms)))
          (local.set $region0.high2 (f64.load offset=360 (local.get $uniforms)))
          (call $narrow
            (f64.add
              (f64.add
                (f64.mul (local.get $region0.m7) (local.get $y))
                (f64.mul (local.get $region0.m8) (local.get $z)))
              (local.get $region0.t2))
            (local.get $region0.m6)
            (local.get $region0.low_3)
            (local.get $region0.high2)
            (local.get $v88)
            (local.get $v89))
          (local.set $v97)
          (local.set $v96)
          (local.set $v98 (i32.const 0))
          (local.set $v99 (i32.mul (local.get $nx) (local.get $gentle)))
          (call $narrow_roughly
            (local.get $tap0.base)
            (local.get $tap0.m0)
            (f64.const 0.00001)
            (f64.add (f64.convert_i32_s (local.get $tap0.n0)) (f64.const -1.00001))
            (local.get $v98)
            (local.get $v99))
          (local.set $v101)
          (local.set $v100)
          (call $narrow_roughly
            (local.get $tap0.base_2)
            (local.get $tap0.m3)
            (f64.const 0.00001)
            (f64.add (f64.convert_i32_s (local.get $tap0.n1)) (f64.const -1.00001))
            (local.get $v100)
            (local.get $v101))
          (local.set $v103)
          (local.set $v102)
          (call $narrow_roughly
            (local.get $tap0.base_3)
            (local.get $tap0.m6)
            (f64.const 0.00001)
            (f64.add (f64.convert_i32_s (local.get $tap0.n2)) (f64.const -1.00001))
            (local.get $v102)
            (local.get $v103))
          (local.set $v105)
          (local.set $v104)
          (local.set $x (i32.const 0))
          (if
            (i32.lt_s (local.get $x) (local.get $nx))
            (then
              (loop $again4
                (local.set $stop (local.get $nx))
                (local.set $held (i32.const 0))
                (local.set $near (i32.const 0))
                (if
                  (i32.lt_s (local.get $x) (local.get $v96))
                  (then
                    (local.set $stop
                      (select
                        (local.get $v96)
                        (local.get $stop)
                        (i32.lt_s (local.get $v96) (local.get $stop)))))
                  (else
                    (if
                      (i32.lt_s (local.get $x) (local.get $v97))
                      (then
                        (local.set $stop
                          (select
                            (local.get $v97)
                            (local.get $stop)
                            (i32.lt_s (local.get $v97) (local.get $stop))))
                        (local.set $held (i32.or (local.get $held) (i32.const 1)))))))
                (local.set $choice (i32.load8_u (i32.add (local.get $choices) (local.get $held))))
                (if
                  (i32.eq (local.get $choice) (i32.const 0))
                  (then
                    (local.set $x_2 (local.get $x))
                    (if
                      (i32.lt_s (local.get $x_2) (local.get $stop))
                      (then
                        (loop $again9
                          (local.set $due (local.get $x_2))
                          (local.set $end (local.get $stop))
                          (local.set $at
                            (i32.add (local.get $out) (i32.mul (local.get $x_2) (i32.const 4))))
                          (if
                            (i32.lt_s (local.get $x_2) (local.get $end))
                            (then
                              (loop $again11
                                (v128.store (local.get $at) (local.get $constant0))
                                (local.set $at (i32.add (local.get $at) (i32.const 16)))
                                (local.set $x_2 (i32.add (local.get $x_2) (i32.const 4)))
                                (br_if $again11 (i32.lt_s (local.get $x_2) (local.get $end))))))
                          (local.set $x_2 (local.get $end))
                          (br_if $again9 (i32.lt_s (local.get $x_2) (local.get $stop))))))))
                (if
                  (i32.eq (local.get $choice) (i32.const 1))
                  (then
                    (local.set $clampable (i32.load offset=368 (local.get $uniforms)))
                    (if
                      (i32.and (local.get $gentle) (local.get $clampable))
                      (then
                        (local.set $x_2 (local.get $x))
                        (if
                          (i32.lt_s (local.get $x_2) (local.get $stop))
                          (then
                            (loop $again15
                              (local.set $due (local.get $x_2))
                              (local.set $end
                                (select
                                  (i32.add (local.get $x_2) (local.get $runLength))
                                  (local.get $stop)
                                  (i32.lt_s
                                    (i32.add (local.get $x_2) (local.get $runLength))
                                    (local.get $stop))))
                              (local.set $at
                                (i32.add (local.get $out) (i32.mul (local.get $x_2) (i32.const 4))))
                              (local.set $v116 (f64.convert_i32_s (local.get $x_2)))
                              (local.set $v117
                                (f64.min
                                  (f64.max
                                    (f64.add
                                      (local.get $tap0.base)
                                      (f64.mul (local.get $tap0.m0) (local.get $v116)))
                                    (f64.sub
                                      (f64.convert_i32_s (local.get $tap0.l0))
                                      (f64.const 126)))
                                  (f64.add (f64.convert_i32_s (local.get $tap0.h0)) (f64.const 126))))
                              (local.set $v118 (f64.floor (local.get $v117)))
                              (local.set $v119
                                (i32x4.extract_lane 0
                                  (i32x4.trunc_sat_f64x2_s_zero (f64x2.splat (local.get $v118)))))
                              (local.set $v120
                                (i32x4.add
                                  (i32x4.splat
                                    (i32x4.extract_lane 0
                                      (i32x4.trunc_sat_f64x2_s_zero
                                        (f64x2.splat
                                          (f64.nearest
                                            (f64.mul
                                              (f64.sub (local.get $v117) (local.get $v118))
                                              (f64.const 16777216)))))))
                                  (local.get $v42)))
                              (local.set $v121
                                (f64.min
                                  (f64.max
                                    (f64.add
                                      (local.get $tap0.base_2)
                                      (f64.mul (local.get $tap0.m3) (local.get $v116)))
                                    (f64.sub
                                      (f64.convert_i32_s (local.get $tap0.l1))
                                      (f64.const 126)))
                                  (f64.add (f64.convert_i32_s (local.get $tap0.h1)) (f64.const 126))))
                              (local.set $v122 (f64.floor (local.get $v121)))
                              (local.set $v123
                                (i32x4.extract_lane 0
                                  (i32x4.trunc_sat_f64x2_s_zero (f64x2.splat (local.get $v122)))))
                              (local.set $v124
                                (i32x4.add
                                  (i32x4.splat
                                    (i32x4.extract_lane 0
                                      (i32x4.trunc_sat_f64x2_s_zero
                                        (f64x2.splat
                                          (f64.nearest
                                            (f64.mul
                                              (f64.sub (local.get $v121) (local.get $v122))
                                              (f64.const 16777216)))))))
                                  (local.get $v47)))
                              (local.set $v125
                                (f64.min
                                  (f64.max
                                    (f64.add
                                      (local.get $tap0.base_3)
                                      (f64.mul (local.get $tap0.m6) (local.get $v116)))
                                    (f64.sub
                                      (f64.convert_i32_s (local.get $tap0.l2))
                                      (f64.const 126)))
                                  (f64.add (f64.convert_i32_s (local.get $tap0.h2)) (f64.const 126))))
                              (local.set $v126 (f64.floor (local.get $v125)))
                              (local.set $v127
                                (i32x4.extract_lane 0
                                  (i32x4.trunc_sat_f64x2_s_zero (f64x2.splat (local.get $v126)))))
                              (local.set $v128
                                (i32x4.add
                                  (i32x4.splat
                                    (i32x4.extract_lane 0
                                      (i32x4.trunc_sat_f64x2_s_zero
                                        (f64x2.splat
                                          (f64.nearest
                                            (f64.mul
                                              (f64.sub (local.get $v125) (local.get $v126))
                                              (f64.const 16777216)))))))
                                  (local.get $v52)))
                              (local.set $v129
                                (i32.add
                                  (i32.add
                                    (i32.add
                                      (local.get $tap0.here)
                                      (i32.mul (local.get $v119) (local.get $tap0.sx)))
                                    (i32.mul (local.get $v123) (local.get $tap0.sy)))
                                  (i32.mul (local.get $v127) (local.get $tap0.sz))))
                              (local.set $fastEnd
                                (select
                                  (i32.sub (local.get $v105) (i32.const 3))
                                  (local.get $end)
                                  (i32.lt_s
                                    (i32.sub (local.get $v105) (i32.const 3))
                                    (local.get $end))))
                              (if
                                (i32.lt_s (local.get $x_2) (local.get $end))
                                (then
                                  (loop $again17
                                    (if
                                      (i32.and
                                        (i32.ge_s (local.get $x_2) (local.get $v104))
                                        (i32.lt_s (local.get $x_2) (local.get $fastEnd)))
                                      (then
                                        (if
                                          (i32.lt_s (local.get $x_2) (local.get $fastEnd))
                                          (then
                                            (loop $again20
                                              ;; whole parts and fractions
                                              (local.set $v131
                                                (i32x4.shr_s (local.get $v120) (i32.const 24)))
                                              (local.set $v132
                                                (f32x4.mul
                                                  (f32x4.convert_i32x4_s
                                                    (v128.and
                                                      (local.get $v120)
                                                      (v128.const i32x4 16777215 16777215 16777215 16777215)))
                                                  (f32x4.splat (f32.const 5.960464477539063e-8))))
                                              (local.set $v133
                                                (i32x4.shr_s (local.get $v124) (i32.const 24)))
                                              (local.set $v134
                                                (f32x4.mul
                                                  (f32x4.convert_i32x4_s
                                                    (v128.and
                                                      (local.get $v124)
                                                      (v128.const i32x4 16777215 16777215 16777215 16777215)))
                                                  (f32x4.splat (f32.const 5.960464477539063e-8))))
                                              (local.set $v135
                                                (i32x4.shr_s (local.get $v128) (i32.const 24)))
                                              (local.set $v136
                                                (f32x4.mul
                                                  (f32x4.convert_i32x4_s
                                                    (v128.and
                                                      (local.get $v128)
                                                      (v128.const i32x4 16777215 16777215 16777215 16777215)))
                                                  (f32x4.splat (f32.const 5.960464477539063e-8))))
                                              ;; addresses of first samples
                                              (local.set $v137
                                                (i32x4.add
                                                  (i32x4.add
                                                    (i32x4.mul
                                                      (local.get $v135)
                                                      (local.get $tap0.sz_2))
                                                    (i32x4.mul
                                                      (local.get $v133)
                                                      (local.get $tap0.sy_2)))
                                                  (i32x4.shl (local.get $v131) (i32.const 2))))
                                              (local.set $v138 (local.get $v129))
                                              (local.set $v139
                                                (i32.add
                                                  (local.get $v138)
                                                  (i32x4.extract_lane 0 (local.get $v137))))
                                              (local.set $v140
                                                (i32.add
                                                  (local.get $v138)
                                                  (i32x4.extract_lane 1 (local.get $v137))))
                                              (local.set $v141
                                                (i32.add
                                                  (local.get $v138)
                                                  (i32x4.extract_lane 2 (local.get $v137))))
                                              (local.set $v142
                                                (i32.add
                                                  (local.get $v138)
                                                  (i32x4.extract_lane 3 (local.get $v137))))
                                              ;; mixed along x, then y, then z
                                              (local.set $v143
                                                (v128.load64_lane 1
                                                  (local.get $v140)
                                                  (v128.load64_zero (local.get $v139))))
                                              (local.set $v144
                                                (v128.load64_lane 1
                                                  (local.get $v142)
                                                  (v128.load64_zero (local.get $v141))))
                                              (local.set $v145
                                                (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
                                                  (local.get $v143)
                                                  (local.get $v144)))
                                              (local.set $v146
                                                (f32x4.add
                                                  (local.get $v145)
                                                  (f32x4.mul
                                                    (f32x4.sub
                                                      (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                                                        (local.get $v143)
                                                        (local.get $v144))
                                                      (local.get $v145))
                                                    (local.get $v132))))
                                              (local.set $v147
                                                (v128.load64_lane 1
                                                  (i32.add (local.get $v140) (local.get $tap0.next))
                                                  (v128.load64_zero
                                                    (i32.add
                                                      (local.get $v139)
                                                      (local.get $tap0.next)))))
                                              (local.set $v148
                                                (v128.load64_lane 1
                                                  (i32.add (local.get $v142) (local.get $tap0.next))
                                                  (v128.load64_zero
                                                    (i32.add
                                                      (local.get $v141)
                                                      (local.get $tap0.next)))))
                                              (local.set $v149
                                                (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
                                                  (local.get $v147)
                                                  (local.get $v148)))
                                              (local.set $v150
                                                (f32x4.add
                                                  (local.get $v149)
                                                  (f32x4.mul
                                                    (f32x4.sub
                                                      (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                                                        (local.get $v147)
                                                        (local.get $v148))
                                                      (local.get $v149))
                                                    (local.get $v132))))
                                              (local.set $v151 (local.get $v146))
                                              (local.set $v152
                                                (f32x4.add
                                                  (local.get $v151)
                                                  (f32x4.mul
                                                    (f32x4.sub (local.get $v150) (local.get $v151))
                                                    (local.get $v134))))
                                              (local.set $v153
                                                (i32.add
                                                  (local.get $tap0.next)
                                                  (local.get $tap0.next_2)))
                                              (local.set $v154
                                                (v128.load64_lane 1
                                                  (i32.add
                                                    (local.get $v140)
                                                    (local.get $tap0.next_2))
                                                  (v128.load64_zero
                                                    (i32.add
                                                      (local.get $v139)
                                                      (local.get $tap0.next_2)))))
                                              (local.set $v155
                                                (v128.load64_lane 1
                                                  (i32.add
                                                    (local.get $v142)
                                                    (local.get $tap0.next_2))
                                                  (v128.load64_zero
                                                    (i32.add
                                                      (local.get $v141)
                                                      (local.get $tap0.next_2)))))
                                              (local.set $v156
                                                (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
                                                  (local.get $v154)
                                                  (local.get $v155)))
                                              (local.set $v157
                                                (f32x4.add
                                                  (local.get $v156)
                                                  (f32x4.mul
                                                    (f32x4.sub
                                                      (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                                                        (local.get $v154)
                                                        (local.get $v155))
                                                      (local.get $v156))
                                                    (local.get $v132))))
                                              (local.set $v158
                                                (v128.load64_lane 1
                                                  (i32.add (local.get $v140) (local.get $v153))
                                                  (v128.load64_zero
                                                    (i32.add (local.get $v139) (local.get $v153)))))
                                              (local.set $v159
                                                (v128.load64_lane 1
                                                  (i32.add (local.get $v142) (local.get $v153))
                                                  (v128.load64_zero
                                                    (i32.add (local.get $v141) (local.get $v153)))))
                                              (local.set $v160
                                                (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
                                                  (local.get $v158)
                                                  (local.get $v159)))
                                              (local.set $v161
                                                (f32x4.add
                                                  (local.get $v160)
                                                  (f32x4.mul
                                                    (f32x4.sub
                                                      (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                                                        (local.get $v158)
                                                        (local.get $v159))
                                                      (local.get $v160))
                                                    (local.get $v132))))
                                              (local.set $v162 (local.get $v157))
                                              (local.set $v163
                                                (f32x4.add
                                                  (local.get $v162)
                                                  (f32x4.mul
                                                    (f32x4.sub (local.get $v161) (local.get $v162))
                                                    (local.get $v134))))
                                              (local.set $v164 (local.get $v152))
                                              (local.set $v165
                                                (f32x4.add
                                                  (local.get $v164)
                                                  (f32x4.mul
                                                    (f32x4.sub (local.get $v163) (local.get $v164))
                                                    (local.get $v136))))
                                              (local.set $v166 (local.get $v165))
                                              (local.set $v167 (local.get $v166))
                                              (v128.store (local.get $at) (local.get $v167))
                                              (local.set $at
                                                (i32.add (local.get $at) (i32.const 16)))
                                              (local.set $x_2
                                                (i32.add (local.get $x_2) (i32.const 4)))
                                              ;; a block further
                                              (local.set $v120
                                                (i32x4.add (local.get $v120) (local.get $tap0.f04)))
                                              (local.set $v124
                                                (i32x4.add (local.get $v124) (local.get $tap0.f14)))
                                              (local.set $v128
                                                (i32x4.add (local.get $v128) (local.get $tap0.f24)))
                                              (br_if $again20
                                                (i32.lt_s (local.get $x_2) (local.get $fastEnd)))))))
                                      (else
                                        (local.set $v138
                                          (i32.sub (local.get $tap0.l0) (local.get $v119)))
                                        (local.set $v139
                                          (i32.sub (local.get $tap0.h0) (local.get $v119)))
                                        (local.set $v131
                                          (i32x4.min_s
                                            (i32x4.max_s
                                              (local.get $v120)
                                              (i32x4.splat
                                                (i32.shl
                                                  (select
                                                    (i32.const -126)
                                                    (local.get $v138)
                                                    (i32.lt_s (local.get $v138) (i32.const -126)))
                                                  (i32.const 24))))
                                            (i32x4.splat
                                              (i32.shl
                                                (select
                                                  (i32.const 126)
                                                  (local.get $v139)
                                                  (i32.gt_s (local.get $v139) (i32.const 126)))
                                                (i32.const 24)))))
                                        (local.set $v132
                                          (i32x4.min_s
                                            (i32x4.shr_s (local.get $v131) (i32.const 24))
                                            (i32x4.splat
                                              (select
                                                (local.get $v139)
                                                (i32.sub (local.get $v139) (i32.const 1))
                                                (i32.eq (local.get $tap0.l0) (local.get $tap0.h0))))))
                                        (local.set $v133
                                          (f32x4.mul
                                            (f32x4.convert_i32x4_s
                                              (i32x4.sub
                                                (local.get $v131)
                                                (i32x4.shl (local.get $v132) (i32.const 24))))
                                            (f32x4.splat (f32.const 5.960464477539063e-8))))
                                        (local.set $v140
                                          (i32.sub (local.get $tap0.l1) (local.get $v123)))
                                        (local.set $v141
                                          (i32.sub (local.get $tap0.h1) (local.get $v123)))
                                        (local.set $v134
                                          (i32x4.min_s
                                            (i32x4.max_s
                                              (local.get $v124)
                                              (i32x4.splat
                                                (i32.shl
                                                  (select
                                                    (i32.const -126)
                                                    (local.get $v140)
                                                    (i32.lt_s (local.get $v140) (i32.const -126)))
                                                  (i32.const 24))))
                                            (i32x4.splat
                                              (i32.shl
                                                (select
                                                  (i32.const 126)
                                                  (local.get $v141)
                                                  (i32.gt_s (local.get $v141) (i32.const 126)))
                                                (i32.const 24)))))
                                        (local.set $v135
                                          (i32x4.min_s
                                            (i32x4.shr_s (local.get $v134) (i32.const 24))
                                            (i32x4.splat
                                              (select
                                                (local.get $v141)
                                                (i32.sub (local.get $v141) (i32.const 1))
                                                (i32.eq (local.get $tap0.l1) (local.get $tap0.h1))))))
                                        (local.set $v136
                                          (f32x4.mul
                                            (f32x4.convert_i32x4_s
                                              (i32x4.sub
                                                (local.get $v134)
                                                (i32x4.shl (local.get $v135) (i32.const 24))))
                                            (f32x4.splat (f32.const 5.960464477539063e-8))))
                                        (local.set $v142
                                          (i32.sub (local.get $tap0.l2) (local.get $v127)))
                                        (local.set $v153
                                          (i32.sub (local.get $tap0.h2) (local.get $v127)))
                                        (local.set $v137
                                          (i32x4.min_s
                                            (i32x4.max_s
                                              (local.get $v128)
                                              (i32x4.splat
                                                (i32.shl
                                                  (select
                                                    (i32.const -126)
                                                    (local.get $v142)
                                                    (i32.lt_s (local.get $v142) (i32.const -126)))
                                                  (i32.const 24))))
                                            (i32x4.splat
                                              (i32.shl
                                                (select
                                                  (i32.const 126)
                                                  (local.get $v153)
                                                  (i32.gt_s (local.get $v153) (i32.const 126)))
                                                (i32.const 24)))))
                                        (local.set $v143
                                          (i32x4.min_s
                                            (i32x4.shr_s (local.get $v137) (i32.const 24))
                                            (i32x4.splat
                                              (select
                                                (local.get $v153)
                                                (i32.sub (local.get $v153) (i32.const 1))
                                                (i32.eq (local.get $tap0.l2) (local.get $tap0.h2))))))
                                        (local.set $v144
                                          (f32x4.mul
                                            (f32x4.convert_i32x4_s
                                              (i32x4.sub
                                                (local.get $v137)
                                                (i32x4.shl (local.get $v143) (i32.const 24))))
                                            (f32x4.splat (f32.const 5.960464477539063e-8))))
                                        ;; addresses of first samples
                                        (local.set $v145
                                          (i32x4.add
                                            (i32x4.add
                                              (i32x4.mul (local.get $v143) (local.get $tap0.sz_2))
                                              (i32x4.mul (local.get $v135) (local.get $tap0.sy_2)))
                                            (i32x4.shl (local.get $v132) (i32.const 2))))
                                        (local.set $v168 (local.get $v129))
                                        (local.set $v169
                                          (i32.add
                                            (local.get $v168)
                                            (i32x4.extract_lane 0 (local.get $v145))))
                                        (local.set $v170
                                          (i32.add
                                            (local.get $v168)
                                            (i32x4.extract_lane 1 (local.get $v145))))
                                        (local.set $v171
                                          (i32.add
                                            (local.get $v168)
                                            (i32x4.extract_lane 2 (local.get $v145))))
                                        (local.set $v172
                                          (i32.add
                                            (local.get $v168)
                                            (i32x4.extract_lane 3 (local.get $v145))))
                                        ;; mixed along x, then y, then z
                                        (local.set $v146
                                          (v128.load64_lane 1
                                            (local.get $v170)
                                            (v128.load64_zero (local.get $v169))))
                                        (local.set $v147
                                          (v128.load64_lane 1
                                            (local.get $v172)
                                            (v128.load64_zero (local.get $v171))))
                                        (local.set $v148
                                          (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
                                            (local.get $v146)
                                            (local.get $v147)))
                                        (local.set $v149
                                          (f32x4.add
                                            (local.get $v148)
                                            (f32x4.mul
                                              (f32x4.sub
                                                (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                                                  (local.get $v146)
                                                  (local.get $v147))
                                                (local.get $v148))
                                              (local.get $v133))))
                                        (local.set $v150
                                          (v128.load64_lane 1
                                            (i32.add (local.get $v170) (local.get $tap0.next))
                                            (v128.load64_zero
                                              (i32.add (local.get $v169) (local.get $tap0.next)))))
                                        (local.set $v151
                                          (v128.load64_lane 1
                                            (i32.add (local.get $v172) (local.get $tap0.next))
                                            (v128.load64_zero
                                              (i32.add (local.get $v171) (local.get $tap0.next)))))
                                        (local.set $v152
                                          (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
                                            (local.get $v150)
                                            (local.get $v151)))
                                        (local.set $v154
                                          (f32x4.add
                                            (local.get $v152)
                                            (f32x4.mul
                                              (f32x4.sub
                                                (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                                                  (local.get $v150)
                                                  (local.get $v151))
                                                (local.get $v152))
                                              (local.get $v133))))
                                        (local.set $v155 (local.get $v149))
                                        (local.set $v156
                                          (f32x4.add
                                            (local.get $v155)
                                            (f32x4.mul
                                              (f32x4.sub (local.get $v154) (local.get $v155))
                                              (local.get $v136))))
                                        (local.set $v173
                                          (i32.add (local.get $tap0.next) (local.get $tap0.next_2)))
                                        (local.set $v157
                                          (v128.load64_lane 1
                                            (i32.add (local.get $v170) (local.get $tap0.next_2))
                                            (v128.load64_zero
                                              (i32.add (local.get $v169) (local.get $tap0.next_2)))))
                                        (local.set $v158
                                          (v128.load64_lane 1
                                            (i32.add (local.get $v172) (local.get $tap0.next_2))
                                            (v128.load64_zero
                                              (i32.add (local.get $v171) (local.get $tap0.next_2)))))
                                        (local.set $v159
                                          (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
                                            (local.get $v157)
                                            (local.get $v158)))
                                        (local.set $v160
                                          (f32x4.add
                                            (local.get $v159)
                                            (f32x4.mul
                                              (f32x4.sub
                                                (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                                                  (local.get $v157)
                                                  (local.get $v158))
                                                (local.get $v159))
                                              (local.get $v133))))
                                        (local.set $v161
                                          (v128.load64_lane 1
                                            (i32.add (local.get $v170) (local.get $v173))
                                            (v128.load64_zero
                                              (i32.add (local.get $v169) (local.get $v173)))))
                                        (local.set $v162
                                          (v128.load64_lane 1
                                            (i32.add (local.get $v172) (local.get $v173))
                                            (v128.load64_zero
                                              (i32.add (local.get $v171) (local.get $v173)))))
                                        (local.set $v163
                                          (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
                                            (local.get $v161)
                                            (local.get $v162)))
                                        (local.set $v164
                                          (f32x4.add
                                            (local.get $v163)
                                            (f32x4.mul
                                              (f32x4.sub
                                                (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                                                  (local.get $v161)
                                                  (local.get $v162))
                                                (local.get $v163))
                                              (local.get $v133))))
                                        (local.set $v165 (local.get $v160))
                                        (local.set $v166
                                          (f32x4.add
                                            (local.get $v165)
                                            (f32x4.mul
                                              (f32x4.sub (local.get $v164) (local.get $v165))
                                              (local.get $v136))))
                                        (local.set $v167 (local.get $v156))
                                        (local.set $v174
                                          (f32x4.add
                                            (local.get $v167)
                                            (f32x4.mul
                                              (f32x4.sub (local.get $v166) (local.get $v167))
                                              (local.get $v144))))
                                        (local.set $v175 (local.get $v174))
                                        (local.set $v176 (local.get $v175))
                                        (v128.store (local.get $at) (local.get $v176))
                                        (local.set $at (i32.add (local.get $at) (i32.const 16)))
                                        (local.set $x_2 (i32.add (local.get $x_2) (i32.const 4)))
                                        ;; a block further
                                        (local.set $v120
                                          (i32x4.add (local.get $v120) (local.get $tap0.f04)))
                                        (local.set $v124
                                          (i32x4.add (local.get $v124) (local.get $tap0.f14)))
                                        (local.set $v128
                                          (i32x4.add (local.get $v128) (local.get $tap0.f24)))))
                                    (br_if $again17 (i32.lt_s (local.get $x_2) (local.get $end))))))
                              (local.set $x_2 (local.get $end))
                              (br_if $again15 (i32.lt_s (local.get $x_2) (local.get $stop)))))))
                      (else
                        (local.set $x_2 (local.get $x))
                        (if
                          (i32.lt_s (local.get $x_2) (local.get $stop))
                          (then
                            (loop $again22
                              (local.set $due (local.get $x_2))
                              (local.set $end
                                (select
                                  (i32.add (local.get $x_2) (local.get $runLength))
                                  (local.get $stop)
                                  (i32.lt_s
                                    (i32.add (local.get $x_2) (local.get $runLength))
                                    (local.get $stop))))
                              (local.set $at
                                (i32.add (local.get $out) (i32.mul (local.get $x_2) (i32.const 4))))
                              (if
                                (i32.lt_s (local.get $x_2) (local.get $end))
                                (then
                                  (loop $again24
                                    (local.set $v131
                                      (f32x4.splat
                                        (call $sample0
                                          (local.get $tap0.here)
                                          (local.get $tap0.n0)
                                          (local.get $tap0.n1)
                                          (local.get $tap0.n2)
                                          (local.get $tap0.sy)
                                          (local.get $tap0.sz)
                                          (f64.add
                                            (local.get $tap0.base)
                                            (f64.mul
                                              (local.get $tap0.m0)
                                              (f64.convert_i32_s (local.get $x_2))))
                                          (f64.add
                                            (local.get $tap0.base_2)
                                            (f64.mul
                                              (local.get $tap0.m3)
                                              (f64.convert_i32_s (local.get $x_2))))
                                          (f64.add
                                            (local.get $tap0.base_3)
                                            (f64.mul
                                              (local.get $tap0.m6)
                                              (f64.convert_i32_s (local.get $x_2)))))))
                                    (local.set $v132 (local.get $v131))
                                    (v128.store (local.get $at) (local.get $v132))
                                    (local.set $at (i32.add (local.get $at) (i32.const 4)))
                                    (local.set $x_2 (i32.add (local.get $x_2) (i32.const 1)))
                                    (br_if $again24 (i32.lt_s (local.get $x_2) (local.get $end))))))
                              (local.set $x_2 (local.get $end))
                              (br_if $again22 (i32.lt_s (local.get $x_2) (local.get $stop))))))))))
                (local.set $x (local.get $stop))
                (br_if $again4 (i32.lt_s (local.get $x) (local.get $nx))))))
          (local.set $nx_2 (i32.load offset=4 (local.get $uniforms)))
          (local.set $out (i32.add (local.get $out) (i32.mul (local.get $nx_2) (i32.const 4))))
          (br_if $again2
            (i32.lt_s (local.tee $row (i32.add (local.get $row) (i32.const 1))) (local.get $to))))))))

